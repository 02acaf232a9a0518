import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ApiError } from '../http/api-error.js';

/** What is wrong, by field; lines of a list use dots, as in `lines.0.quantity`. */
export type FieldErrors = Readonly<Record<string, string>>;

type TextKeys<Values> = { [Key in keyof Values]: Values[Key] extends string ? Key : never }[keyof Values] &
  string;

/** What a text control needs: spread it onto `TextField`, `SelectField` or `TextAreaField`. */
export interface TextControl {
  readonly name: string;
  readonly value: string;
  readonly error: string | undefined;
  readonly onValue: (value: string) => void;
}

export interface Form<Values extends object> {
  readonly values: Values;
  readonly errors: FieldErrors;
  /** What is wrong with the whole, when it belongs to no field. */
  readonly problem: string | undefined;
  readonly busy: boolean;
  /** Whether anything was changed since the form was shown. */
  readonly changed: boolean;
  set(patch: Partial<Values>): void;
  text(name: TextKeys<Values>): TextControl;
  /** Props of the `<form>`. */
  readonly props: {
    readonly ref: React.RefObject<HTMLFormElement | null>;
    readonly noValidate: true;
    readonly onSubmit: (event: FormEvent) => void;
  };
}

export interface FormOptions<Values extends object> {
  readonly initial: Values;
  /** Runs on every submit, before anything is sent. */
  readonly validate: (values: Values) => FieldErrors;
  /** Rejects with an `ApiError`, whose fields are shown beside the controls. */
  readonly submit: (values: Values) => Promise<unknown>;
}

/** Keeps a form's values, says what is wrong beside each field, and moves focus to the first one that is. */
export function useForm<Values extends object>(options: FormOptions<Values>): Form<Values> {
  const [values, setValues] = useState(options.initial);
  const [errors, setErrors] = useState<FieldErrors>({});
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [refusals, setRefusals] = useState(0);
  const ref = useRef<HTMLFormElement>(null);

  useEffect(() => {
    if (refusals === 0) return;
    ref.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [refusals]);

  function refuse(found: FieldErrors, whole?: string) {
    setErrors(found);
    setProblem(whole);
    setRefusals((count) => count + 1);
  }

  async function onSubmit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    const found = options.validate(values);
    if (Object.keys(found).length > 0) return refuse(found);
    setBusy(true);
    setErrors({});
    setProblem(undefined);
    try {
      await options.submit(values);
    } catch (error) {
      const fields = error instanceof ApiError ? error.fields : [];
      const byField = Object.fromEntries(fields.map(({ path, message }) => [path, message]));
      refuse(byField, fields.length === 0 ? messageOf(error) : undefined);
    } finally {
      setBusy(false);
    }
  }

  function set(patch: Partial<Values>) {
    setValues((current) => ({ ...current, ...patch }));
    const touched = Object.keys(patch);
    setErrors((current) =>
      Object.fromEntries(Object.entries(current).filter(([path]) => !touched.includes(path))),
    );
  }

  return {
    values,
    errors,
    problem,
    busy,
    changed: values !== options.initial && JSON.stringify(values) !== JSON.stringify(options.initial),
    set,
    text(name) {
      return {
        name,
        value: String(values[name]),
        error: errors[name],
        onValue: (value) => set({ [name]: value } as Partial<Values>),
      };
    },
    props: { ref, noValidate: true, onSubmit },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong. Try again.';
}
