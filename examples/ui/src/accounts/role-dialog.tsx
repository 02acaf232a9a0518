import { SelectField } from '../control/select-field.js';
import { useNotify } from '../feedback/toaster.js';
import { useForm } from '../form/use-form.js';
import { Dialog } from '../overlay/dialog.js';
import { FormBody } from '../overlay/form-body.js';
import { type Account, type AccountRole, roleLabel } from './account.js';
import type { AccountsHooks } from './create-accounts.js';

export interface RoleDialogProps {
  readonly accounts: AccountsHooks;
  readonly roles: readonly AccountRole[];
  /** Whose role is changed; `undefined` closes the dialog. */
  readonly account: Account | undefined;
  readonly onClose: () => void;
}

export function RoleDialog({ account, onClose, ...rest }: RoleDialogProps) {
  return (
    <Dialog open={account !== undefined} title={`Role of ${account?.name ?? ''}`} onClose={onClose}>
      {account !== undefined && <RoleForm {...rest} account={account} onClose={onClose} />}
    </Dialog>
  );
}

function RoleForm({ accounts, roles, account, onClose }: RoleDialogProps & { readonly account: Account }) {
  const change = accounts.useChangeAccount();
  const notify = useNotify();
  const form = useForm({
    initial: { role: account.role },
    validate: () => ({}),
    submit: async ({ role }) => {
      if (role !== account.role) {
        await change.mutateAsync({ id: account.id, role });
        notify(`${account.name} is now ${roleLabel(roles, role).toLowerCase()}.`);
      }
      onClose();
    },
  });
  const allows = roles.find(({ value }) => value === form.values.role)?.allows;
  return (
    <FormBody form={form} submitLabel="Save role" onCancel={onClose}>
      <SelectField label="Role" options={roles} hint={allows} {...form.text('role')} />
    </FormBody>
  );
}
