import { useState } from 'react';
import { Button } from '../control/button.js';
import { SelectField } from '../control/select-field.js';
import { TextField } from '../control/text-field.js';
import { type FieldErrors, useForm } from '../form/use-form.js';
import { Dialog } from '../overlay/dialog.js';
import { FormBody } from '../overlay/form-body.js';
import type { AccountRole } from './account.js';
import type { AccountsHooks, NewAccount } from './create-accounts.js';

export interface AddAccountDialogProps {
  readonly accounts: AccountsHooks;
  /** The first one is chosen until another is. */
  readonly roles: readonly AccountRole[];
  readonly open: boolean;
  readonly onClose: () => void;
}

interface Made {
  readonly name: string;
  readonly password: string;
}

/** Makes an account and shows its first password, once. */
export function AddAccountDialog({ accounts, roles, open, onClose }: AddAccountDialogProps) {
  const [made, setMade] = useState<Made>();

  function close() {
    setMade(undefined);
    onClose();
  }

  return (
    <Dialog open={open} title={made === undefined ? 'New user' : `${made.name} can sign in`} onClose={close}>
      {made === undefined ? (
        <AddAccountForm accounts={accounts} roles={roles} onMade={setMade} onClose={close} />
      ) : (
        <FirstPassword {...made} onClose={close} />
      )}
    </Dialog>
  );
}

interface AddAccountFormProps extends Omit<AddAccountDialogProps, 'open'> {
  readonly onMade: (made: Made) => void;
}

function AddAccountForm({ accounts, roles, onMade, onClose }: AddAccountFormProps) {
  const add = accounts.useAddAccount();
  const form = useForm<NewAccount>({
    initial: { name: '', email: '', role: roles[0]?.value ?? '' },
    validate,
    submit: async (values) => {
      const { user, password } = await add.mutateAsync(values);
      onMade({ name: user.name, password });
    },
  });
  const allows = roles.find(({ value }) => value === form.values.role)?.allows;
  return (
    <FormBody form={form} submitLabel="Create user" onCancel={onClose}>
      <TextField label="Name" autoComplete="off" {...form.text('name')} />
      <TextField label="E-mail" type="email" autoComplete="off" {...form.text('email')} />
      <SelectField label="Role" options={roles} hint={allows} {...form.text('role')} />
    </FormBody>
  );
}

function FirstPassword({ name, password, onClose }: Made & { readonly onClose: () => void }) {
  return (
    <div className="form">
      <p role="status">
        The first password of {name} is shown this once. Hand it over in a way that only they can read.
      </p>
      <output className="first-password">{password}</output>
      <div className="actions actions-end">
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </div>
  );
}

function validate({ name, email }: NewAccount): FieldErrors {
  return {
    ...(name.trim() === '' ? { name: 'Enter a name.' } : {}),
    ...(email.includes('@') ? {} : { email: 'Enter an e-mail address.' }),
  };
}
