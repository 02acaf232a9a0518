import type { InvoiceSummary } from './invoice.js';
import type { Page } from './page.js';

export type ClientStatus = 'active' | 'archived';

export interface Client {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string | null;
  readonly taxId: string | null;
  readonly city: string | null;
  readonly country: string | null;
  /** ISO 4217; what its invoices are written in. */
  readonly currency: string;
  readonly status: ClientStatus;
  readonly invoiceCount: number;
  /** Minor units of `currency`. */
  readonly dueMinor: number;
}

/** The query of `GET /api/clients`. */
export interface ClientFilter {
  readonly search?: string;
  readonly page?: number;
}

export interface ClientsResponse extends Page {
  readonly clients: readonly Client[];
}

/** `POST /api/clients`. */
export interface CreateClientRequest {
  readonly name: string;
  readonly email: string;
  readonly phone?: string;
  readonly taxId?: string;
  readonly city?: string;
  readonly country?: string;
  readonly currency: string;
}

/** `PATCH /api/clients/:id`; what is left out stays as it is, and an empty text clears what may be absent. */
export interface UpdateClientRequest extends Partial<CreateClientRequest> {
  readonly status?: ClientStatus;
}

export interface ClientResponse {
  readonly client: Client;
}

/** `GET /api/clients/:id`. */
export interface ClientDetailResponse extends ClientResponse {
  readonly invoices: readonly InvoiceSummary[];
}
