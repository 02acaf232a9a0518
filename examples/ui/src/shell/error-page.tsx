import { useRouteError } from 'react-router';
import { ErrorState } from '../feedback/error-state.js';

/** What a route shows when it could not be drawn or its code could not be fetched. */
export function ErrorPage() {
  const thrown = useRouteError();
  const error = thrown instanceof Error ? thrown : new Error('The page could not be shown.');
  return (
    <main id="main" className="lone">
      <h1 className="visually-hidden">Something went wrong</h1>
      <ErrorState error={error} onRetry={() => location.reload()} />
    </main>
  );
}
