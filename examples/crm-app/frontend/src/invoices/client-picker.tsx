import type { Client } from '@seaworthy-example/crm-api';
import { Field, usePause } from '@seaworthy-example/ui';
import { type KeyboardEvent, useId, useState } from 'react';
import { useClients } from '../api/clients.js';

export interface ClientPickerProps {
  /** The name to start with, when the client is known already. */
  readonly initialName: string;
  readonly error: string | undefined;
  readonly onPick: (client: Client | undefined) => void;
}

/** Finds one client among many while its name is typed (the combobox pattern of WAI-ARIA 1.2). */
export function ClientPicker({ initialName, error, onPick }: ClientPickerProps) {
  const [text, setText] = useState(initialName);
  const [search, setSearch] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const searchLater = usePause(setSearch);
  const listId = useId();
  const { data } = useClients({ search });
  const clients = (data?.clients ?? []).filter(({ status }) => status === 'active').slice(0, 8);
  const optionId = (index: number) => `${listId}-${index}`;

  function type(value: string) {
    setText(value);
    setOpen(true);
    setActive(0);
    searchLater(value.trim());
    onPick(undefined);
  }

  function pick(client: Client) {
    setText(client.name);
    setOpen(false);
    onPick(client);
  }

  function onKeyDown(event: KeyboardEvent) {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const chosen = clients[active];
    if (step !== 0 && clients.length > 0) {
      event.preventDefault();
      setActive(open ? (active + step + clients.length) % clients.length : 0);
      setOpen(true);
    } else if (event.key === 'Enter' && open && chosen !== undefined) {
      event.preventDefault();
      pick(chosen);
    } else if (event.key === 'Escape' && open) {
      setOpen(false);
    }
  }

  return (
    <div className="picker">
      <Field label="Client" error={error}>
        {(control) => (
          <input
            {...control}
            className="input"
            role="combobox"
            autoComplete="off"
            placeholder="Type a name"
            aria-expanded={open}
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={open && clients.length > 0 ? optionId(active) : undefined}
            value={text}
            onChange={(event) => type(event.target.value)}
            onFocus={() => text === '' && setOpen(true)}
            onBlur={() => setOpen(false)}
            onKeyDown={onKeyDown}
          />
        )}
      </Field>
      <div id={listId} role="listbox" aria-label="Clients" className="picker-list" hidden={!open}>
        {clients.map((client, index) => (
          <div
            key={client.id}
            id={optionId(index)}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            className="picker-option"
            // Before the field loses the focus, which would close the list under the pointer.
            onMouseDown={(event) => {
              event.preventDefault();
              pick(client);
            }}
          >
            {client.name} <span className="row-note">{client.currency}</span>
          </div>
        ))}
        {clients.length === 0 && data !== undefined && (
          <p className="picker-none">No client has this name.</p>
        )}
      </div>
    </div>
  );
}
