import {
  type AccountRole,
  AccountsPage,
  AddAccountDialog,
  Button,
  createAccounts,
} from '@seaworthy-example/ui';
import { useState } from 'react';
import { http } from '../api/http.js';
import { useUser } from '../session/session.js';

const accounts = createAccounts(http);

const roles: readonly AccountRole[] = [
  { value: 'viewer', label: 'Viewer', allows: 'Reads everything and changes nothing.' },
  { value: 'sales', label: 'Sales', allows: 'Also writes clients and invoices.' },
  { value: 'accountant', label: 'Accountant', allows: 'Also records payments and voids invoices.' },
  { value: 'admin', label: 'Administrator', allows: 'Also decides who may do what.' },
];

export function UsersPage() {
  const [adding, setAdding] = useState(false);
  return (
    <>
      <AccountsPage
        accounts={accounts}
        roles={roles}
        user={useUser()}
        lead="Who may sign in, and what they may do."
        actions={
          <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>
            New user
          </Button>
        }
      />
      <AddAccountDialog accounts={accounts} roles={roles} open={adding} onClose={() => setAdding(false)} />
    </>
  );
}
