import type { ReactNode } from 'react';
import { Button } from '../control/button.js';
import { Alert } from '../feedback/alert.js';
import type { Form } from '../form/use-form.js';

export interface FormBodyProps<Values extends object> {
  readonly form: Form<Values>;
  readonly submitLabel: string;
  readonly onCancel: () => void;
  readonly children: ReactNode;
}

/** A form inside a dialog: what is wrong as a whole, the fields, and the two ways out. */
export function FormBody<Values extends object>(props: FormBodyProps<Values>) {
  const { form, submitLabel, onCancel, children } = props;
  return (
    <form className="form" {...form.props}>
      {form.problem !== undefined && <Alert>{form.problem}</Alert>}
      {children}
      <div className="actions actions-end">
        <Button kind="quiet" onClick={onCancel}>
          Cancel
        </Button>
        <Button kind="primary" type="submit" busy={form.busy}>
          {submitLabel}
        </Button>
      </div>
    </form>
  );
}
