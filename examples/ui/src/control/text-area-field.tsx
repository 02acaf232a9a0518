import type { TextareaHTMLAttributes } from 'react';
import { Field, type FieldProps } from './field.js';

export interface TextAreaFieldProps
  extends Omit<FieldProps, 'children'>,
    Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'value' | 'onChange'> {
  readonly value: string;
  readonly onValue: (value: string) => void;
}

export function TextAreaField({ label, hint, error, labelHidden, onValue, ...area }: TextAreaFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} labelHidden={labelHidden}>
      {(control) => (
        <textarea
          rows={3}
          {...area}
          {...control}
          className="input"
          onChange={(event) => onValue(event.target.value)}
        />
      )}
    </Field>
  );
}
