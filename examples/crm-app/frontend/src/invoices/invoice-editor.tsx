import type { Client } from '@seaworthy-example/crm-api';
import {
  Alert,
  Button,
  ButtonLink,
  TextAreaField,
  TextField,
  useForm,
  useNotify,
} from '@seaworthy-example/ui';
import { useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { useCreateInvoice } from '../api/invoices.js';
import { ClientPicker } from './client-picker.js';
import { draftRequest, draftTotals, emptyDraft, validateDraft } from './draft.js';
import { LeaveGuard } from './leave-guard.js';
import { LineEditor } from './line-editor.js';
import { Totals } from './totals.js';

/** Writes a new invoice; `client` is the one that was chosen on the way here. */
export function InvoiceEditor({ client }: { readonly client: Client | undefined }) {
  const create = useCreateInvoice();
  const navigate = useNavigate();
  const notify = useNotify();
  const saved = useRef(false);
  const [initial] = useState(() => ({
    ...emptyDraft(),
    ...(client === undefined ? {} : { clientId: client.id, currency: client.currency }),
  }));
  const form = useForm({
    initial,
    validate: validateDraft,
    submit: async (draft) => {
      const { invoice } = await create.mutateAsync(draftRequest(draft));
      saved.current = true;
      notify(`Invoice ${invoice.number} was saved as a draft.`);
      await navigate(`/invoices/${invoice.id}`);
    },
  });
  const totals = draftTotals(form.values);
  const { lines, currency } = form.values;
  return (
    <form className="stack" {...form.props}>
      {form.problem !== undefined && <Alert>{form.problem}</Alert>}
      <div className="card form">
        <ClientPicker
          initialName={client?.name ?? ''}
          error={form.errors.clientId}
          onPick={(picked) =>
            form.set({
              clientId: picked?.id ?? '',
              ...(picked === undefined ? {} : { currency: picked.currency }),
            })
          }
        />
        <div className="form-row">
          <TextField label="Issued on" type="date" {...form.text('issuedOn')} />
          <TextField label="Due on" type="date" {...form.text('dueOn')} />
        </div>
      </div>
      <section className="card" aria-labelledby="lines">
        <h2 id="lines">Lines</h2>
        <LineEditor
          lines={lines}
          lineTotals={totals.lineTotals}
          currency={currency}
          errors={form.errors}
          onLines={(next) => form.set({ lines: next })}
        />
        <Totals currency={currency} {...totals} />
      </section>
      <div className="card">
        <TextAreaField label="Notes" hint="Printed below the lines." {...form.text('notes')} />
      </div>
      <div className="actions actions-end">
        <ButtonLink kind="quiet" to="/invoices">
          Cancel
        </ButtonLink>
        <Button kind="primary" type="submit" busy={form.busy}>
          Save draft
        </Button>
      </div>
      <LeaveGuard when={() => form.changed && !saved.current} />
    </form>
  );
}
