import type { TextControl } from '@seaworthy-example/ui';
import { useId } from 'react';

const steps = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'];

/** Ten steps from unlikely to certain; the arrow keys move between them as in every group of radio buttons. */
export function ConfidenceScale({ name, value, error, onValue }: TextControl) {
  const errorId = useId();
  return (
    <fieldset className="field" aria-describedby={error === undefined ? undefined : errorId}>
      <legend className="field-label">Confidence that the target will be reached</legend>
      <div className="scale">
        {steps.map((step) => (
          <label key={step} className="scale-step">
            <input
              type="radio"
              name={name}
              value={step}
              checked={step === value}
              aria-invalid={error === undefined ? undefined : true}
              onChange={() => onValue(step)}
            />
            <span>{step}</span>
          </label>
        ))}
      </div>
      <p className="scale-ends">
        <span>Unlikely</span>
        <span>Certain</span>
      </p>
      {error !== undefined && (
        <p id={errorId} className="field-error">
          {error}
        </p>
      )}
    </fieldset>
  );
}
