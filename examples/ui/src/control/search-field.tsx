import { useState } from 'react';
import { usePause } from '../form/use-pause.js';
import { Icon } from '../icon/icon.js';

export interface SearchFieldProps {
  readonly label: string;
  readonly initial: string;
  /** Called once typing has paused. */
  readonly onSearch: (value: string) => void;
}

/** A search that answers while one types. */
export function SearchField({ label, initial, onSearch }: SearchFieldProps) {
  const [text, setText] = useState(initial);
  const search = usePause(onSearch);

  function change(value: string) {
    setText(value);
    search(value);
  }

  return (
    <div className="search">
      <Icon name="search" />
      <input
        type="search"
        className="input"
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={(event) => change(event.target.value)}
      />
    </div>
  );
}
