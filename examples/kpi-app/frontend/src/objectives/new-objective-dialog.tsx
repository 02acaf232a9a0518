import type { CreateObjectiveRequest } from '@seaworthy-example/kpi-api';
import {
  Dialog,
  type FieldErrors,
  FormBody,
  SelectField,
  TextAreaField,
  TextField,
  today,
  useForm,
  useNotify,
} from '@seaworthy-example/ui';
import { useNavigate } from 'react-router';
import { useCreateObjective } from '../api/objectives.js';
import { useTeams } from '../api/teams.js';

export interface NewObjectiveDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

export function NewObjectiveDialog({ open, onClose }: NewObjectiveDialogProps) {
  return (
    <Dialog
      open={open}
      title="New objective"
      description="Say what will be true when you get there; the numbers follow as key results."
      onClose={onClose}
    >
      <NewObjectiveForm onClose={onClose} />
    </Dialog>
  );
}

function NewObjectiveForm({ onClose }: { readonly onClose: () => void }) {
  const { data: teams = [] } = useTeams();
  const create = useCreateObjective();
  const navigate = useNavigate();
  const notify = useNotify();
  const form = useForm<CreateObjectiveRequest>({
    initial: { teamId: '', title: '', description: '', dueOn: today(90) },
    validate,
    submit: async (values) => {
      const { objective } = await create.mutateAsync({ ...values, title: values.title.trim() });
      notify(`“${objective.title}” was created. Add its first key result.`);
      onClose();
      await navigate(`/objectives/${objective.id}`);
    },
  });
  return (
    <FormBody form={form} submitLabel="Create objective" onCancel={onClose}>
      <TextField label="Title" {...form.text('title')} />
      <div className="form-row">
        <SelectField
          label="Team"
          options={[
            { value: '', label: 'Choose a team' },
            ...teams.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          {...form.text('teamId')}
        />
        <TextField label="Due" type="date" {...form.text('dueOn')} />
      </div>
      <TextAreaField label="Why it matters" hint="Optional." {...form.text('description')} />
    </FormBody>
  );
}

function validate({ teamId, title, dueOn }: CreateObjectiveRequest): FieldErrors {
  return {
    ...(title.trim() === '' ? { title: 'Give the objective a title.' } : {}),
    ...(teamId === '' ? { teamId: 'Choose the team that owns it.' } : {}),
    ...(dueOn === '' ? { dueOn: 'Choose a date.' } : {}),
  };
}
