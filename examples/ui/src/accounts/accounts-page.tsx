import { type ReactNode, useState } from 'react';
import { SearchField } from '../control/search-field.js';
import { SwitchList } from '../control/switch-list.js';
import { EmptyState } from '../feedback/empty-state.js';
import { useListAddress } from '../shell/use-list-address.js';
import { PageHeader } from '../surface/page-header.js';
import { Pagination } from '../surface/pagination.js';
import type { Account, AccountRole } from './account.js';
import { AccountTable } from './account-table.js';
import type { AccountsHooks } from './create-accounts.js';
import { RoleDialog } from './role-dialog.js';
import { StandingDialog } from './standing-dialog.js';

const statuses = [
  { value: '', label: 'All' },
  { value: 'active', label: 'Active' },
  { value: 'deactivated', label: 'Deactivated' },
];

export interface AccountsPageProps {
  readonly accounts: AccountsHooks;
  /** From the one that allows least to the one that allows most. */
  readonly roles: readonly AccountRole[];
  readonly user: { readonly id: string; readonly role: string };
  /** How somebody new gets an account. */
  readonly lead: string;
  readonly actions?: ReactNode;
}

/** Who may log in, and as what: for administrators. */
export function AccountsPage(props: AccountsPageProps) {
  const { user } = props;
  if (user.role === 'admin') return <AccountsList {...props} />;
  return (
    <>
      <PageHeader title="Users" />
      <div className="table-card">
        <EmptyState
          title="For administrators"
          text="Only an administrator sees who has an account. Ask one if you need another role."
        />
      </div>
    </>
  );
}

function AccountsList({ accounts, roles, user, lead, actions }: AccountsPageProps) {
  const address = useListAddress();
  const status = statuses.find(({ value }) => value === address.status)?.value ?? '';
  const filter = { search: address.search, status, page: address.page };
  const { data, error, refetch } = accounts.useAccounts(filter);
  const [changing, setChanging] = useState<Account>();
  const [judging, setJudging] = useState<Account>();
  return (
    <>
      <PageHeader title="Users" lead={lead} actions={actions} />
      <search className="toolbar">
        <SwitchList
          label="Status"
          value={status}
          options={statuses}
          onValue={(value) => address.set('status', value)}
        />
        <SearchField
          label="Search users"
          value={address.search}
          onSearch={(value) => address.set('search', value)}
        />
      </search>
      <div className="table-card">
        <AccountTable
          accounts={data?.users}
          roles={roles}
          ownId={user.id}
          error={error}
          onRetry={() => void refetch()}
          onRole={setChanging}
          onStanding={setJudging}
        />
      </div>
      {data !== undefined && <Pagination noun="users" {...data} onPage={address.turn} />}
      <RoleDialog
        accounts={accounts}
        roles={roles}
        account={changing}
        onClose={() => setChanging(undefined)}
      />
      <StandingDialog accounts={accounts} account={judging} onClose={() => setJudging(undefined)} />
    </>
  );
}
