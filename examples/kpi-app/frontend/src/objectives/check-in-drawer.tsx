import type { KeyResult } from '@seaworthy-example/kpi-api';
import {
  Dialog,
  type FieldErrors,
  FormBody,
  TextAreaField,
  TextField,
  useForm,
  useFormats,
  useNotify,
} from '@seaworthy-example/ui';
import { useCheckIn } from '../api/objectives.js';
import { ConfidenceScale } from './confidence-scale.js';
import { measure } from './measure.js';

export interface CheckInDrawerProps {
  readonly keyResult: KeyResult;
  readonly open: boolean;
  readonly onClose: () => void;
}

export function CheckInDrawer({ keyResult, open, onClose }: CheckInDrawerProps) {
  const formats = useFormats();
  const { currentValue, targetValue, unit } = keyResult;
  const now = measure(formats, currentValue, unit);
  const target = measure(formats, targetValue, unit);
  return (
    <Dialog
      open={open}
      shape="drawer"
      title={keyResult.title}
      description={`It stands at ${now}; the target is ${target}.`}
      onClose={onClose}
    >
      <CheckInForm keyResult={keyResult} onClose={onClose} />
    </Dialog>
  );
}

interface CheckInFormProps {
  readonly keyResult: KeyResult;
  readonly onClose: () => void;
}

function CheckInForm({ keyResult, onClose }: CheckInFormProps) {
  const { percent } = useFormats();
  const checkIn = useCheckIn(keyResult.id);
  const notify = useNotify();
  const form = useForm({
    initial: { value: '', confidence: String(keyResult.confidence ?? ''), comment: '' },
    validate,
    submit: async ({ value, confidence, comment }) => {
      const answer = await checkIn.mutateAsync({
        value: Number(value),
        confidence: Number(confidence),
        comment: comment.trim(),
      });
      notify(`Checked in. The key result is at ${percent(answer.keyResult.progress)}.`);
      onClose();
    },
  });
  return (
    <FormBody form={form} submitLabel="Save check-in" onCancel={onClose}>
      <TextField
        label={keyResult.unit === '' ? 'New value' : `New value (${keyResult.unit})`}
        type="number"
        step="any"
        {...form.text('value')}
      />
      <ConfidenceScale {...form.text('confidence')} />
      <TextAreaField
        label="What happened"
        hint="What moved the number, or what stands in the way."
        {...form.text('comment')}
      />
    </FormBody>
  );
}

function validate({ value, confidence }: { value: string; confidence: string }): FieldErrors {
  return {
    ...(value === '' || !Number.isFinite(Number(value)) ? { value: 'Enter the new value as a number.' } : {}),
    ...(confidence === '' ? { confidence: 'Choose how sure you are.' } : {}),
  };
}
