import { Dialog, type FieldErrors, FormBody, TextField, useForm, useNotify } from '@seaworthy-example/ui';
import { useCreateKeyResult } from '../api/objectives.js';

export interface NewKeyResultDialogProps {
  readonly objectiveId: string;
  readonly open: boolean;
  readonly onClose: () => void;
}

export function NewKeyResultDialog({ objectiveId, open, onClose }: NewKeyResultDialogProps) {
  return (
    <Dialog
      open={open}
      title="Add key result"
      description="A number with a start and a target. The target may be the lower one."
      onClose={onClose}
    >
      <NewKeyResultForm objectiveId={objectiveId} onClose={onClose} />
    </Dialog>
  );
}

interface Values {
  readonly title: string;
  readonly unit: string;
  readonly startValue: string;
  readonly targetValue: string;
}

function NewKeyResultForm({ objectiveId, onClose }: Omit<NewKeyResultDialogProps, 'open'>) {
  const create = useCreateKeyResult(objectiveId);
  const notify = useNotify();
  const form = useForm<Values>({
    initial: { title: '', unit: '', startValue: '0', targetValue: '' },
    validate,
    submit: async ({ title, unit, startValue, targetValue }) => {
      await create.mutateAsync({
        title: title.trim(),
        unit: unit.trim(),
        startValue: Number(startValue),
        targetValue: Number(targetValue),
      });
      notify('The key result was added.');
      onClose();
    },
  });
  return (
    <FormBody form={form} submitLabel="Add key result" onCancel={onClose}>
      <TextField label="Title" {...form.text('title')} />
      <TextField label="Unit" hint="For example %, € or customers." {...form.text('unit')} />
      <div className="form-row">
        <TextField label="Start" type="number" step="any" {...form.text('startValue')} />
        <TextField label="Target" type="number" step="any" {...form.text('targetValue')} />
      </div>
    </FormBody>
  );
}

function validate({ title, startValue, targetValue }: Values): FieldErrors {
  const start = startValue === '' ? Number.NaN : Number(startValue);
  const target = targetValue === '' ? Number.NaN : Number(targetValue);
  return {
    ...(title.trim() === '' ? { title: 'Give the key result a title.' } : {}),
    ...(Number.isFinite(start) ? {} : { startValue: 'Enter a number.' }),
    ...(Number.isFinite(target) ? {} : { targetValue: 'Enter a number.' }),
    ...(start === target ? { targetValue: 'The target must differ from the start.' } : {}),
  };
}
