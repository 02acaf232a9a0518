import type { ClientDetailResponse } from '@seaworthy-example/crm-api';
import {
  Button,
  ButtonLink,
  ErrorState,
  PageHeader,
  Skeleton,
  Stat,
  StatRow,
  useFormats,
} from '@seaworthy-example/ui';
import { useState } from 'react';
import { useParams } from 'react-router';
import { useClient } from '../api/clients.js';
import { InvoiceTable } from '../invoices/invoice-table.js';
import { mayWrite } from '../session/permissions.js';
import { useUser } from '../session/session.js';
import { EditClientDialog } from './edit-client-dialog.js';

const back = { to: '/clients', label: 'Clients' };

export function ClientPage() {
  const { id } = useParams();
  const { data, error, refetch } = useClient(id);
  if (data !== undefined) return <ClientView {...data} />;
  return (
    <>
      <PageHeader title="Client" back={back} />
      {error === null ? (
        <Skeleton rows={6} label="Loading the client" />
      ) : (
        <ErrorState error={error} onRetry={() => void refetch()} />
      )}
    </>
  );
}

function ClientView({ client, invoices }: ClientDetailResponse) {
  const user = useUser();
  const { money, number } = useFormats();
  const [editing, setEditing] = useState(false);
  const place = [client.city, client.country].filter(Boolean).join(', ');
  const facts = [client.email, client.phone, place, client.taxId && `Tax number ${client.taxId}`];
  const overdue = invoices.filter(({ status }) => status === 'overdue');
  const overdueMinor = overdue.reduce((sum, { dueMinor }) => sum + dueMinor, 0);
  return (
    <>
      <PageHeader
        title={client.name}
        back={back}
        lead={facts.filter(Boolean).join(' · ')}
        actions={
          mayWrite(user) && (
            <>
              <Button onClick={() => setEditing(true)}>Edit</Button>
              <ButtonLink kind="primary" icon="plus" to={`/invoices/new?client=${client.id}`}>
                New invoice
              </ButtonLink>
            </>
          )
        }
      />
      <div className="stack">
        <StatRow>
          <Stat label="Due" value={money(client.dueMinor, client.currency)} />
          <Stat
            label="Overdue"
            value={money(overdueMinor, client.currency)}
            tone={overdueMinor > 0 ? 'bad' : 'neutral'}
          />
          <Stat label="Invoices" value={number(client.invoiceCount)} />
        </StatRow>
        <section className="stack-small" aria-labelledby="client-invoices">
          <h2 id="client-invoices">Invoices</h2>
          <div className="table-card">
            <InvoiceTable
              caption={`Invoices of ${client.name}`}
              invoices={invoices}
              empty={{ title: 'No invoice yet', text: 'Invoices to this client appear here.' }}
            />
          </div>
        </section>
      </div>
      <EditClientDialog client={client} open={editing} onClose={() => setEditing(false)} />
    </>
  );
}
