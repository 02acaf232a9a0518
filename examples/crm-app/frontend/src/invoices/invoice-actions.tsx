import type { Invoice } from '@seaworthy-example/crm-api';
import { Button, ConfirmDialog, useNotify } from '@seaworthy-example/ui';
import { useState } from 'react';
import { useMoveInvoice } from '../api/invoices.js';
import { mayHandleMoney, mayWrite } from '../session/permissions.js';
import { useUser } from '../session/session.js';
import { PaymentDialog } from './payment-dialog.js';

/** What this user can do with an invoice that stands as it does. */
export function InvoiceActions({ invoice }: { readonly invoice: Invoice }) {
  const user = useUser();
  const notify = useNotify();
  const send = useMoveInvoice(invoice.id, 'send');
  const cancel = useMoveInvoice(invoice.id, 'void');
  const [asking, setAsking] = useState<'payment' | 'void'>();
  const { number, status } = invoice;
  const open = status === 'sent' || status === 'partial' || status === 'overdue';
  const untouched = invoice.paidMinor === 0 && status !== 'void';
  const close = () => setAsking(undefined);

  return (
    <>
      {untouched && mayHandleMoney(user) && (
        <Button kind="quiet" onClick={() => setAsking('void')}>
          Void
        </Button>
      )}
      {status === 'draft' && mayWrite(user) && (
        <Button
          kind="primary"
          busy={send.isPending}
          onClick={() =>
            send.mutate(undefined, {
              onSuccess: () => notify(`Invoice ${number} was sent.`),
              onError: (error) => notify(error.message, 'bad'),
            })
          }
        >
          Send invoice
        </Button>
      )}
      {open && mayHandleMoney(user) && (
        <Button kind="primary" icon="wallet" onClick={() => setAsking('payment')}>
          Record payment
        </Button>
      )}
      <PaymentDialog invoice={invoice} open={asking === 'payment'} onClose={close} />
      <ConfirmDialog
        open={asking === 'void'}
        title={`Void invoice ${number}?`}
        text="It stays on record and no longer counts as due. This cannot be undone."
        confirmLabel="Void invoice"
        busy={cancel.isPending}
        onClose={close}
        onConfirm={() =>
          cancel.mutate(undefined, {
            onSuccess: () => notify(`Invoice ${number} is void.`),
            onError: (error) => notify(error.message, 'bad'),
            onSettled: close,
          })
        }
      />
    </>
  );
}
