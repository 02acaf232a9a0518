import { Button } from '../control/button.js';
import { Alert } from '../feedback/alert.js';
import { useNotify } from '../feedback/toaster.js';
import { Dialog } from '../overlay/dialog.js';
import type { Account } from './account.js';
import type { AccountsHooks } from './create-accounts.js';

export interface StandingDialogProps {
  readonly accounts: AccountsHooks;
  /** Who is deactivated, or reactivated; `undefined` closes the dialog. */
  readonly account: Account | undefined;
  readonly onClose: () => void;
}

/** Asks before somebody is locked out or let in again, and stays open with the reason when the server refuses. */
export function StandingDialog({ accounts, account, onClose }: StandingDialogProps) {
  const { mutate, isPending, error, reset } = accounts.useChangeAccount();
  const notify = useNotify();
  const { id = '', name = '', active = true } = account ?? {};
  const verb = active ? 'Deactivate' : 'Reactivate';

  function close() {
    reset();
    onClose();
  }

  function confirm() {
    mutate(
      { id, active: !active },
      {
        onSuccess: () => {
          notify(active ? `${name} was signed out everywhere.` : `${name} may sign in again.`);
          close();
        },
      },
    );
  }

  return (
    <Dialog
      open={account !== undefined}
      title={`${verb} ${name}?`}
      description={
        active
          ? 'They are signed out everywhere at once and cannot sign in. What they wrote stays, and you can reactivate them.'
          : 'They can sign in again with their password and the role that they had.'
      }
      onClose={close}
    >
      {error !== null && <Alert>{error.message}</Alert>}
      <div className="actions actions-end">
        <Button kind="quiet" onClick={close}>
          Cancel
        </Button>
        <Button kind={active ? 'danger' : 'primary'} busy={isPending} onClick={confirm}>
          {verb}
        </Button>
      </div>
    </Dialog>
  );
}
