import type { LoginRequest, RegisterRequest, User, UserResponse } from '@seaworthy-example/kpi-api';
import { ApiError, forgetSession, mayHaveSession, rememberSession } from '@seaworthy-example/ui';
import { type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { http } from '../api/http.js';

const sessionKey = ['session'];

/** Who is signed in; `null` when nobody is. */
export function useSession() {
  return useQuery({
    queryKey: sessionKey,
    queryFn: async ({ signal }): Promise<User | null> => {
      if (!mayHaveSession()) return null;
      try {
        return (await http.get<UserResponse>('/me', { signal })).user;
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: 300_000,
  });
}

/** The signed-in user, for pages that stand behind `RequireSession`. */
export function useUser(): User {
  const { data } = useSession();
  if (data === undefined || data === null) throw new Error('This page needs a session around it.');
  return data;
}

export function useLogin() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: LoginRequest) => http.post<UserResponse>('/auth/login', request),
    onSuccess: ({ user }) => beginSession(client, user),
  });
}

export function useRegister() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: RegisterRequest) => http.post<UserResponse>('/auth/register', request),
    onSuccess: ({ user }) => beginSession(client, user),
  });
}

export function useLogout() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => http.post('/auth/logout'),
    onSuccess: () => endSession(client),
  });
}

/** Forgets everything that one user saw before another may sign in. */
export function endSession(client: QueryClient): void {
  forgetSession();
  client.setQueryData(sessionKey, null);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
}

function beginSession(client: QueryClient, user: User): void {
  rememberSession();
  client.setQueryData(sessionKey, user);
}
