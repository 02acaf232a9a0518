import { Dialog, FormBody, TextField, useForm, useNotify } from '@seaworthy-example/ui';
import { useNavigate } from 'react-router';
import { useCreateTeam } from '../api/teams.js';

export interface NewTeamDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

export function NewTeamDialog({ open, onClose }: NewTeamDialogProps) {
  return (
    <Dialog open={open} title="New team" onClose={onClose}>
      <NewTeamForm onClose={onClose} />
    </Dialog>
  );
}

function NewTeamForm({ onClose }: { readonly onClose: () => void }) {
  const create = useCreateTeam();
  const navigate = useNavigate();
  const notify = useNotify();
  const form = useForm({
    initial: { name: '' },
    validate: ({ name }) =>
      name.trim() === '' ? { name: 'Give the team a name.' } : ({} as Record<string, string>),
    submit: async ({ name }) => {
      const { team } = await create.mutateAsync({ name: name.trim() });
      notify(`${team.name} was created. Add its members.`);
      onClose();
      await navigate(`/teams/${team.id}`);
    },
  });
  return (
    <FormBody form={form} submitLabel="Create team" onCancel={onClose}>
      <TextField label="Name" {...form.text('name')} />
    </FormBody>
  );
}
