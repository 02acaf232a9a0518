import type {
  ClientDetailResponse,
  ClientFilter,
  ClientResponse,
  ClientsResponse,
  CreateClientRequest,
  UpdateClientRequest,
} from '@seaworthy-example/crm-api';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { http } from './http.js';

export function useClients(filter: ClientFilter) {
  return useQuery({
    queryKey: ['clients', filter],
    queryFn: ({ signal }) => http.get<ClientsResponse>('/clients', { signal, query: { ...filter } }),
    placeholderData: keepPreviousData,
  });
}

/** One client with its invoices; waits while `id` is not known. */
export function useClient(id: string | undefined) {
  return useQuery({
    queryKey: ['clients', 'one', id],
    queryFn: ({ signal }) => http.get<ClientDetailResponse>(`/clients/${id}`, { signal }),
    enabled: id !== undefined,
  });
}

export function useCreateClient() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: CreateClientRequest) => http.post<ClientResponse>('/clients', request),
    onSuccess: () => client.invalidateQueries({ queryKey: ['clients'] }),
  });
}

export function useUpdateClient(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: UpdateClientRequest) => http.patch<ClientResponse>(`/clients/${id}`, request),
    onSuccess: () => client.invalidateQueries({ queryKey: ['clients'] }),
  });
}
