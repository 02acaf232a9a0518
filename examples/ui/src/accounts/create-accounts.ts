import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { HttpClient } from '../http/http-client.js';
import { refreshSession } from '../session/create-session.js';
import type { Account } from './account.js';

export interface AccountsFilter {
  readonly search: string;
  readonly status: string;
  readonly page: number;
}

export interface AccountsAnswer {
  readonly users: readonly Account[];
  readonly page: number;
  readonly pageSize: number;
  readonly total: number;
}

export interface AccountChange {
  readonly id: string;
  readonly role?: string;
  readonly active?: boolean;
}

export interface NewAccount {
  readonly name: string;
  readonly email: string;
  readonly role: string;
}

const accountsKey = ['accounts'];

/** Creates what the users page needs, over `/users`. */
export function createAccounts(http: HttpClient) {
  function useAccounts(filter: AccountsFilter) {
    return useQuery({
      queryKey: [...accountsKey, filter],
      queryFn: ({ signal }) => http.get<AccountsAnswer>('/users', { signal, query: { ...filter } }),
      placeholderData: keepPreviousData,
    });
  }

  function useChangeAccount() {
    const client = useQueryClient();
    return useMutation({
      mutationFn: ({ id, ...changes }: AccountChange) =>
        http.patch<{ user: Account }>(`/users/${id}`, changes),
      // Administrators may change themselves, and what they see then changes as well.
      onSuccess: () =>
        Promise.all([client.invalidateQueries({ queryKey: accountsKey }), refreshSession(client)]),
    });
  }

  function useAddAccount() {
    const client = useQueryClient();
    return useMutation({
      mutationFn: (account: NewAccount) => http.post<{ user: Account; password: string }>('/users', account),
      onSuccess: () => client.invalidateQueries({ queryKey: accountsKey }),
    });
  }

  return { useAccounts, useChangeAccount, useAddAccount };
}

export type AccountsHooks = ReturnType<typeof createAccounts>;
