export interface SwitchListProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly onValue: (value: Value) => void;
}

/** A short row of choices of which one holds, such as the status that a list is filtered by. */
export function SwitchList<Value extends string>({ label, value, options, onValue }: SwitchListProps<Value>) {
  return (
    <fieldset className="switch-list">
      <legend className="visually-hidden">{label}</legend>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          className="switch"
          aria-pressed={option.value === value}
          onClick={() => onValue(option.value)}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}
