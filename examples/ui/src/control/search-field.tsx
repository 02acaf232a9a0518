import { useState } from 'react';
import { usePause } from '../form/use-pause.js';
import { Icon } from '../icon/icon.js';

export interface SearchFieldProps {
  readonly label: string;
  /** What is searched for; the field follows when it is changed from elsewhere. */
  readonly value: string;
  /** Called once typing has paused. */
  readonly onSearch: (value: string) => void;
}

/** A search that answers while one types. */
export function SearchField({ label, value, onSearch }: SearchFieldProps) {
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  const [sent, setSent] = useState(value);
  const search = usePause((settled: string) => {
    setSent(settled);
    onSearch(settled);
  });

  if (value !== seen) {
    setSeen(value);
    // Its own search comes back as `value` while the next letters are typed already; those must stay.
    if (value !== sent) {
      setSent(value);
      setText(value);
    }
  }

  function change(typed: string) {
    setText(typed);
    search(typed);
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
