import type { Client } from '@seaworthy-example/crm-api';
import { PageHeader, Skeleton } from '@seaworthy-example/ui';
import { useSearchParams } from 'react-router';
import { useClient } from '../api/clients.js';
import { InvoiceEditor } from './invoice-editor.js';

export function NewInvoicePage() {
  const [params] = useSearchParams();
  const clientId = params.get('client') ?? undefined;
  const { data, error } = useClient(clientId);
  const client: Client | undefined = data?.client;
  const waiting = clientId !== undefined && client === undefined && error === null;
  return (
    <>
      <PageHeader
        title="New invoice"
        lead="It is kept as a draft until you send it."
        back={{ to: '/invoices', label: 'Invoices' }}
      />
      {waiting ? <Skeleton rows={6} label="Loading the client" /> : <InvoiceEditor client={client} />}
    </>
  );
}
