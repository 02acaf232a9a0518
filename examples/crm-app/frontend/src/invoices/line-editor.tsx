import { Button, type FieldErrors, Icon, TextField, useFormats } from '@seaworthy-example/ui';
import type { DraftLine } from './draft.js';
import { emptyLine } from './draft.js';

export interface LineEditorProps {
  readonly lines: readonly DraftLine[];
  readonly lineTotals: readonly (number | undefined)[];
  readonly currency: string;
  readonly errors: FieldErrors;
  readonly onLines: (lines: readonly DraftLine[]) => void;
}

export function LineEditor({ lines, lineTotals, currency, errors, onLines }: LineEditorProps) {
  const { money } = useFormats();

  function change(key: number, patch: Partial<DraftLine>) {
    onLines(lines.map((line) => (line.key === key ? { ...line, ...patch } : line)));
  }

  function add() {
    onLines([...lines, emptyLine(1 + Math.max(...lines.map(({ key }) => key)))]);
  }

  return (
    <div className="line-editor">
      {lines.map((line, index) => {
        const total = lineTotals[index];
        const error = (field: string) => errors[`lines.${index}.${field}`];
        return (
          <fieldset key={line.key} className="line">
            <legend className="visually-hidden">Line {index + 1}</legend>
            <TextField
              label="Description"
              value={line.description}
              error={error('description')}
              onValue={(description) => change(line.key, { description })}
            />
            <TextField
              label="Quantity"
              inputMode="decimal"
              value={line.quantity}
              error={error('quantity')}
              onValue={(quantity) => change(line.key, { quantity })}
            />
            <TextField
              label={`Price (${currency})`}
              inputMode="decimal"
              value={line.unitPrice}
              error={error('unitPriceMinor')}
              onValue={(unitPrice) => change(line.key, { unitPrice })}
            />
            <TextField
              label="Tax (%)"
              inputMode="decimal"
              value={line.taxPercent}
              error={error('taxRateBp')}
              onValue={(taxPercent) => change(line.key, { taxPercent })}
            />
            <div className="line-end">
              <span className="line-total">{total === undefined ? '—' : money(total, currency)}</span>
              <button
                type="button"
                className="icon-button muted"
                aria-label={`Remove line ${index + 1}`}
                disabled={lines.length === 1}
                onClick={() => onLines(lines.filter(({ key }) => key !== line.key))}
              >
                <Icon name="trash" />
              </button>
            </div>
          </fieldset>
        );
      })}
      <div>
        <Button icon="plus" onClick={add}>
          Add line
        </Button>
      </div>
    </div>
  );
}
