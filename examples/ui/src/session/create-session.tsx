import { type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Navigate, Outlet, type To, useLocation } from 'react-router';
import { ErrorState } from '../feedback/error-state.js';
import { ApiError } from '../http/api-error.js';
import type { HttpClient } from '../http/http-client.js';
import { Splash } from '../shell/splash.js';
import { forgetSession, mayHaveSession, rememberSession } from './session-hint.js';

const sessionKey = ['session'];

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** Forgets everything that one user saw, before another may sign in. */
export function endSession(client: QueryClient): void {
  forgetSession();
  client.setQueryData(sessionKey, null);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
}

/** Asks anew who is signed in: what they may do may have changed. */
export function refreshSession(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: sessionKey });
}

export type Session<User extends object> = ReturnType<typeof createSession<User>>;

/** Creates what an application needs to know who is signed in, over `/me` and `/auth`. */
export function createSession<User extends object>(http: HttpClient) {
  /** Who is signed in; `null` when nobody is. */
  function useSession() {
    return useQuery({
      queryKey: sessionKey,
      queryFn: async ({ signal }): Promise<User | null> => {
        if (!mayHaveSession()) return null;
        try {
          return (await http.get<{ user: User }>('/me', { signal })).user;
        } catch (error) {
          if (error instanceof ApiError && error.status === 401) return null;
          throw error;
        }
      },
      staleTime: 300_000,
    });
  }

  /** The signed-in user, for pages that stand behind `RequireSession`. */
  function useUser(): User {
    const { data } = useSession();
    if (data === undefined || data === null) throw new Error('This page needs a session around it.');
    return data;
  }

  /** Sends a form to `/auth/<entrance>` and begins the session that the answer's cookie carries. */
  function useEnter<Request extends Credentials = Credentials>(entrance: 'login' | 'register') {
    const client = useQueryClient();
    return useMutation({
      mutationFn: (request: Request) => http.post<{ user: User }>(`/auth/${entrance}`, request),
      onSuccess: ({ user }) => {
        rememberSession();
        client.setQueryData(sessionKey, user);
      },
    });
  }

  function useLeave() {
    const client = useQueryClient();
    return useMutation({
      mutationFn: () => http.post('/auth/logout'),
      onSuccess: () => endSession(client),
    });
  }

  /** Where a signed-in visitor of the login goes: the page that was asked for before it; otherwise `undefined`. */
  function useWayIn(): To | undefined {
    const { data: user } = useSession();
    const { state }: { state: unknown } = useLocation();
    if (user === undefined || user === null) return undefined;
    const from: unknown =
      typeof state === 'object' && state !== null ? Reflect.get(state, 'from') : undefined;
    return typeof from === 'string' ? from : '/';
  }

  /** Shows what stands behind it to signed-in users, and the login to everybody else. */
  function RequireSession() {
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

  return { useSession, useUser, useEnter, useLeave, useWayIn, RequireSession };
}
