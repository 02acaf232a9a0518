import type { Invoice } from '@seaworthy-example/crm-api';
import { Card, ErrorState, PageHeader, Skeleton, useFormats } from '@seaworthy-example/ui';
import { Link, useParams } from 'react-router';
import { useInvoice } from '../api/invoices.js';
import { InvoiceActions } from './invoice-actions.js';
import { InvoiceLines } from './invoice-lines.js';
import { StatusBadge } from './invoice-status.js';
import { PaymentList } from './payment-list.js';
import { Totals } from './totals.js';

const back = { to: '/invoices', label: 'Invoices' };

export function InvoicePage() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useInvoice(id);
  if (data !== undefined) return <InvoiceView invoice={data} />;
  return (
    <>
      <PageHeader title="Invoice" back={back} />
      {error === null ? (
        <Skeleton rows={6} label="Loading the invoice" />
      ) : (
        <ErrorState error={error} onRetry={() => void refetch()} />
      )}
    </>
  );
}

function InvoiceView({ invoice }: { readonly invoice: Invoice }) {
  const { date, money, relative } = useFormats();
  const { number, clientId, clientName, status, issuedOn, dueOn, currency, dueMinor } = invoice;
  return (
    <>
      <PageHeader
        title={`Invoice ${number}`}
        back={back}
        lead={
          <>
            To <Link to={`/clients/${clientId}`}>{clientName}</Link>
          </>
        }
        actions={<InvoiceActions invoice={invoice} />}
      />
      <div className="invoice-board">
        <article className="card sheet" aria-label={`Invoice ${number}`}>
          <dl className="facts">
            <div>
              <dt>Status</dt>
              <dd>
                <StatusBadge status={status} />
              </dd>
            </div>
            <div>
              <dt>Issued on</dt>
              <dd>{date(issuedOn)}</dd>
            </div>
            <div>
              <dt>Due on</dt>
              <dd>
                {date(dueOn)}
                {dueMinor > 0 && <p className="row-note">{relative(dueOn)}</p>}
              </dd>
            </div>
            <div>
              <dt>Still due</dt>
              <dd className="figures">{money(dueMinor, currency)}</dd>
            </div>
          </dl>
          <InvoiceLines invoice={invoice} />
          <Totals {...invoice} />
          {invoice.notes !== null && invoice.notes !== '' && <p className="sheet-notes">{invoice.notes}</p>}
        </article>
        <Card title="Payments">
          <PaymentList invoice={invoice} />
        </Card>
      </div>
    </>
  );
}
