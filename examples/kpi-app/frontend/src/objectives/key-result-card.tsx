import type { KeyResult } from '@seaworthy-example/kpi-api';
import { Button, ProgressBar, useFormats } from '@seaworthy-example/ui';
import { useState } from 'react';
import { CheckInDrawer } from './check-in-drawer.js';
import { CheckInHistory } from './check-in-history.js';
import { measure } from './measure.js';

export interface KeyResultCardProps {
  readonly keyResult: KeyResult;
  readonly mayCheckIn: boolean;
}

export function KeyResultCard({ keyResult, mayCheckIn }: KeyResultCardProps) {
  const formats = useFormats();
  const [checkingIn, setCheckingIn] = useState(false);
  const { title, unit, startValue, currentValue, targetValue, progress, checkIns } = keyResult;
  return (
    <article className="card key-result" aria-label={title}>
      <div className="section-header">
        <h3>{title}</h3>
        {mayCheckIn && (
          <Button icon="check" aria-label={`Check in: ${title}`} onClick={() => setCheckingIn(true)}>
            Check in
          </Button>
        )}
      </div>
      <p className="key-result-now">{measure(formats, currentValue, unit)}</p>
      <ProgressBar label={`Progress of ${title}`} share={progress} />
      <p className="key-result-scale">
        <span>Start {measure(formats, startValue, unit)}</span>
        <span>Target {measure(formats, targetValue, unit)}</span>
      </p>
      <CheckInHistory checkIns={checkIns} unit={unit} />
      <CheckInDrawer keyResult={keyResult} open={checkingIn} onClose={() => setCheckingIn(false)} />
    </article>
  );
}
