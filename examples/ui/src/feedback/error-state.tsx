import { Button } from '../control/button.js';
import { ApiError } from '../http/api-error.js';
import { Icon } from '../icon/icon.js';

export interface ErrorStateProps {
  readonly error: Error;
  readonly onRetry?: () => void;
}

/** Says what failed, with the number to quote to whoever runs the service. */
export function ErrorState({ error, onRetry }: ErrorStateProps) {
  const requestId = error instanceof ApiError ? error.requestId : undefined;
  return (
    <div className="state state-error" role="alert">
      <Icon name="alert" />
      <p className="state-title">This could not be loaded</p>
      <p>{error.message}</p>
      {requestId !== undefined && <p className="state-note">Request {requestId}</p>}
      {onRetry !== undefined && <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}
