import type { Client } from '@seaworthy-example/crm-api';
import {
  Badge,
  Button,
  type Column,
  DataTable,
  PageHeader,
  Pagination,
  SearchField,
  useFormats,
  useListAddress,
} from '@seaworthy-example/ui';
import { useState } from 'react';
import { Link } from 'react-router';
import { useClients } from '../api/clients.js';
import { mayWrite } from '../session/permissions.js';
import { useUser } from '../session/session.js';
import { NewClientDialog } from './new-client-dialog.js';

export function ClientsPage() {
  const user = useUser();
  const formats = useFormats();
  const address = useListAddress();
  const [creating, setCreating] = useState(false);
  const { data, error, refetch } = useClients({ search: address.search, page: address.page });
  const columns: readonly Column<Client>[] = [
    {
      header: 'Client',
      cell: ({ id, name, email, status }) => (
        <>
          <Link to={`/clients/${id}`} className="row-link">
            {name}
          </Link>{' '}
          {status === 'archived' && <Badge tone="neutral">Archived</Badge>}
          <p className="row-note">{email}</p>
        </>
      ),
    },
    {
      header: 'Place',
      wideOnly: true,
      cell: ({ city, country }) => [city, country].filter(Boolean).join(', ') || '—',
    },
    { header: 'Invoices', align: 'end', cell: ({ invoiceCount }) => formats.number(invoiceCount) },
    {
      header: 'Due',
      align: 'end',
      cell: ({ dueMinor, currency }) =>
        dueMinor === 0 ? (
          <span className="muted">—</span>
        ) : (
          <strong>{formats.money(dueMinor, currency)}</strong>
        ),
    },
  ];
  return (
    <>
      <PageHeader
        title="Clients"
        lead="Who you work for, and what they owe."
        actions={
          mayWrite(user) && (
            <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
              New client
            </Button>
          )
        }
      />
      <search className="toolbar">
        <SearchField
          label="Search clients"
          value={address.search}
          onSearch={(value) => address.set('search', value)}
        />
      </search>
      <div className="table-card">
        <DataTable
          caption="Clients"
          columns={columns}
          rows={data?.clients}
          rowKey={({ id }) => id}
          error={error}
          onRetry={() => void refetch()}
          empty={
            address.search === ''
              ? { title: 'No client yet', text: 'An invoice needs one: add the first.' }
              : { title: 'Nobody matches', text: 'No client’s name or address holds this text.' }
          }
        />
      </div>
      {data !== undefined && <Pagination noun="clients" {...data} onPage={address.turn} />}
      <NewClientDialog open={creating} onClose={() => setCreating(false)} />
    </>
  );
}
