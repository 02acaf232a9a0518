import type { AddMemberRequest, Team } from '@seaworthy-example/kpi-api';
import {
  Dialog,
  type FieldErrors,
  FormBody,
  SelectField,
  TextField,
  useForm,
  useNotify,
} from '@seaworthy-example/ui';
import { useAddMember } from '../api/teams.js';

export interface AddMemberDialogProps {
  readonly team: Team;
  readonly open: boolean;
  readonly onClose: () => void;
}

export function AddMemberDialog({ team, open, onClose }: AddMemberDialogProps) {
  return (
    <Dialog open={open} title={`Add to ${team.name}`} onClose={onClose}>
      <AddMemberForm team={team} onClose={onClose} />
    </Dialog>
  );
}

function AddMemberForm({ team, onClose }: Omit<AddMemberDialogProps, 'open'>) {
  const add = useAddMember(team.id);
  const notify = useNotify();
  const form = useForm<AddMemberRequest>({
    initial: { email: '', role: 'member' },
    validate,
    submit: async (values) => {
      const { member } = await add.mutateAsync(values);
      notify(`${member.name} is now in ${team.name}.`);
      onClose();
    },
  });
  return (
    <FormBody form={form} submitLabel="Add member" onCancel={onClose}>
      <TextField label="E-mail" type="email" hint="Of somebody who has an account." {...form.text('email')} />
      <SelectField
        label="Role"
        options={[
          { value: 'member', label: 'Member' },
          { value: 'lead', label: 'Lead' },
        ]}
        {...form.text('role')}
      />
    </FormBody>
  );
}

function validate({ email }: AddMemberRequest): FieldErrors {
  return email.includes('@') ? {} : { email: 'Enter an e-mail address.' };
}
