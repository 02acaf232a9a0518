import { type AccountRole, AccountsPage, createAccounts } from '@seaworthy-example/ui';
import { http } from '../api/http.js';
import { useUser } from '../session/session.js';

const accounts = createAccounts(http);

const roles: readonly AccountRole[] = [
  { value: 'viewer', label: 'Viewer', allows: 'Reads everything and changes nothing.' },
  { value: 'member', label: 'Member', allows: 'Also checks in on the key results of their own teams.' },
  { value: 'manager', label: 'Manager', allows: 'Also manages teams, objectives and key results.' },
  { value: 'admin', label: 'Administrator', allows: 'Also decides who may do what.' },
];

export function UsersPage() {
  return (
    <AccountsPage
      accounts={accounts}
      roles={roles}
      user={useUser()}
      lead="Whoever registers starts as a viewer. You decide what else they may do."
    />
  );
}
