import type {
  CreateInvoiceRequest,
  CreatePaymentRequest,
  InvoiceFilter,
  InvoiceResponse,
  InvoicesResponse,
  PaymentResponse,
} from '@seaworthy-example/crm-api';
import {
  keepPreviousData,
  type QueryClient,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { http } from './http.js';

export function useInvoices(filter: InvoiceFilter) {
  return useQuery({
    queryKey: ['invoices', filter],
    queryFn: ({ signal }) => http.get<InvoicesResponse>('/invoices', { signal, query: { ...filter } }),
    placeholderData: keepPreviousData,
  });
}

export function useInvoice(id: string) {
  return useQuery({
    queryKey: ['invoices', 'one', id],
    queryFn: async ({ signal }) => (await http.get<InvoiceResponse>(`/invoices/${id}`, { signal })).invoice,
  });
}

export function useCreateInvoice() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: CreateInvoiceRequest) => http.post<InvoiceResponse>('/invoices', request),
    onSuccess: () => refreshMoney(client),
  });
}

/** Sends a draft to its client, or takes an invoice back. */
export function useMoveInvoice(id: string, move: 'send' | 'void') {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => http.post<InvoiceResponse>(`/invoices/${id}/${move}`),
    onSuccess: () => refreshMoney(client),
  });
}

export interface PaymentAttempt {
  readonly request: CreatePaymentRequest;
  readonly key: string;
}

export function useCreatePayment(invoiceId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ request, key }: PaymentAttempt) =>
      http.post<PaymentResponse>(`/invoices/${invoiceId}/payments`, request, {
        headers: { 'idempotency-key': key },
      }),
    onSuccess: () => refreshMoney(client),
  });
}

/** One change of an invoice moves the lists, its client and the dashboard. */
function refreshMoney(client: QueryClient): Promise<unknown> {
  return Promise.all(
    ['invoices', 'clients', 'dashboard'].map((key) => client.invalidateQueries({ queryKey: [key] })),
  );
}
