import {
  ButtonLink,
  PageHeader,
  Pagination,
  SearchField,
  SwitchList,
  useListAddress,
} from '@seaworthy-example/ui';
import { useInvoices } from '../api/invoices.js';
import { mayWrite } from '../session/permissions.js';
import { useUser } from '../session/session.js';
import { statuses, statusLabels } from './invoice-status.js';
import { InvoiceTable } from './invoice-table.js';

const filters = [
  { value: '', label: 'All' },
  ...statuses.map((status) => ({ value: status, label: statusLabels[status] })),
];

export function InvoicesPage() {
  const user = useUser();
  const address = useListAddress();
  const status = statuses.find((known) => known === address.status);
  const { data, error, refetch } = useInvoices({
    search: address.search,
    page: address.page,
    ...(status === undefined ? {} : { status }),
  });
  const filtered = address.search !== '' || status !== undefined;
  return (
    <>
      <PageHeader
        title="Invoices"
        lead="From the first draft to the last payment."
        actions={
          mayWrite(user) && (
            <ButtonLink kind="primary" icon="plus" to="/invoices/new">
              New invoice
            </ButtonLink>
          )
        }
      />
      <search className="toolbar">
        <SwitchList
          label="Status"
          value={status ?? ''}
          options={filters}
          onValue={(value) => address.set('status', value)}
        />
        <SearchField
          label="Search invoices"
          value={address.search}
          onSearch={(value) => address.set('search', value)}
        />
      </search>
      <div className="table-card">
        <InvoiceTable
          caption="Invoices"
          invoices={data?.invoices}
          error={error}
          onRetry={() => void refetch()}
          empty={
            filtered
              ? { title: 'Nothing matches', text: 'No invoice has this status and text.' }
              : { title: 'No invoice yet', text: 'Write the first one; it starts as a draft.' }
          }
        />
      </div>
      {data !== undefined && <Pagination noun="invoices" {...data} onPage={address.turn} />}
    </>
  );
}
