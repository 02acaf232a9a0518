import { useRouteError } from 'react-router';
import { ErrorState } from '../feedback/error-state.js';

/** What a page shows in its place when it could not be drawn or its code could not be fetched. */
export function ErrorSection() {
  const thrown = useRouteError();
  const error = thrown instanceof Error ? thrown : new Error('The page could not be shown.');
  return (
    <>
      <h1 className="visually-hidden">Something went wrong</h1>
      <ErrorState error={error} onRetry={() => location.reload()} />
    </>
  );
}
