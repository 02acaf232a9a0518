import { Button } from '../control/button.js';
import { useFormats } from '../format/formats-context.js';
import { Avatar } from '../surface/avatar.js';
import { Badge } from '../surface/badge.js';
import { type Column, DataTable } from '../surface/data-table.js';
import { type Account, type AccountRole, roleLabel } from './account.js';

export interface AccountTableProps {
  readonly accounts: readonly Account[] | undefined;
  readonly roles: readonly AccountRole[];
  /** Whose row says "You". */
  readonly ownId: string;
  readonly error: Error | null;
  readonly onRetry: () => void;
  readonly onRole: (account: Account) => void;
  readonly onStanding: (account: Account) => void;
}

export function AccountTable(props: AccountTableProps) {
  const { accounts, roles, ownId, error, onRetry, onRole, onStanding } = props;
  const { date } = useFormats();
  const columns: readonly Column<Account>[] = [
    {
      header: 'Name',
      cell: ({ id, name, email }) => (
        <div className="person">
          <Avatar name={name} />
          <div>
            <strong>{name}</strong> {id === ownId && <Badge tone="accent">You</Badge>}
            <p className="row-note">{email}</p>
          </div>
        </div>
      ),
    },
    { header: 'Role', cell: ({ role }) => roleLabel(roles, role) },
    {
      header: 'Status',
      cell: ({ active }) => (
        <Badge tone={active ? 'good' : 'neutral'}>{active ? 'Active' : 'Deactivated'}</Badge>
      ),
    },
    { header: 'Since', wideOnly: true, cell: ({ createdAt }) => date(createdAt) },
    {
      header: 'Change',
      align: 'end',
      cell: (account) => (
        <div className="actions actions-end">
          <Button aria-label={`Role of ${account.name}`} onClick={() => onRole(account)}>
            Role
          </Button>
          <Button
            aria-label={`${account.active ? 'Deactivate' : 'Reactivate'} ${account.name}`}
            onClick={() => onStanding(account)}
          >
            {account.active ? 'Deactivate' : 'Reactivate'}
          </Button>
        </div>
      ),
    },
  ];
  return (
    <DataTable
      caption="Users"
      columns={columns}
      rows={accounts}
      rowKey={({ id }) => id}
      error={error}
      onRetry={onRetry}
      empty={{ title: 'Nobody matches', text: 'No user has this status and this text in name or address.' }}
    />
  );
}
