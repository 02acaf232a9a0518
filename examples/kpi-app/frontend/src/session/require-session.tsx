import { ErrorState, Splash } from '@seaworthy-example/ui';
import { Navigate, Outlet, useLocation } from 'react-router';
import { useSession } from './session.js';

/** Shows what stands behind it to signed-in users, and the login to everybody else. */
export function RequireSession() {
  const { data: user, error, refetch } = useSession();
  const { pathname, search } = useLocation();
  if (user === undefined && error !== null) {
    return (
      <main className="lone">
        <ErrorState error={error} onRetry={() => void refetch()} />
      </main>
    );
  }
  if (user === undefined) return <Splash />;
  if (user === null) return <Navigate to="/login" replace state={{ from: pathname + search }} />;
  return <Outlet />;
}
