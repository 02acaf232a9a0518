import type { Page } from './page.js';
import type { Payment } from './payment.js';

/** `overdue` is not stored: it is `sent` or `partial` after the due date. */
export type InvoiceStatus = 'draft' | 'sent' | 'partial' | 'paid' | 'overdue' | 'void';

export interface InvoiceSummary {
  readonly id: string;
  readonly number: string;
  readonly clientId: string;
  readonly clientName: string;
  readonly status: InvoiceStatus;
  /** YYYY-MM-DD. */
  readonly issuedOn: string;
  /** YYYY-MM-DD. */
  readonly dueOn: string;
  /** ISO 4217; all amounts of the invoice are minor units of it. */
  readonly currency: string;
  readonly totalMinor: number;
  readonly paidMinor: number;
  readonly dueMinor: number;
}

export interface InvoiceLine {
  readonly id: string;
  readonly description: string;
  /** A decimal with up to 3 places: `1.5`. */
  readonly quantity: string;
  readonly unitPriceMinor: number;
  /** Basis points: 2000 is 20 %. */
  readonly taxRateBp: number;
  /** quantity x unit price, rounded half up, before tax. */
  readonly lineTotalMinor: number;
  /** Line total x tax rate, rounded half up. */
  readonly taxMinor: number;
}

export interface Invoice extends InvoiceSummary {
  readonly notes: string | null;
  readonly subtotalMinor: number;
  readonly taxMinor: number;
  readonly lines: readonly InvoiceLine[];
  readonly payments: readonly Payment[];
}

/** The query of `GET /api/invoices`. */
export interface InvoiceFilter {
  readonly status?: InvoiceStatus;
  readonly clientId?: string;
  readonly search?: string;
  readonly page?: number;
}

export interface InvoicesResponse extends Page {
  readonly invoices: readonly InvoiceSummary[];
}

export interface CreateInvoiceLine {
  readonly description: string;
  readonly quantity: string;
  readonly unitPriceMinor: number;
  readonly taxRateBp: number;
}

/** `POST /api/invoices`; the currency is the client's. */
export interface CreateInvoiceRequest {
  readonly clientId: string;
  readonly issuedOn: string;
  readonly dueOn: string;
  readonly notes?: string;
  readonly lines: readonly CreateInvoiceLine[];
}

export interface InvoiceResponse {
  readonly invoice: Invoice;
}

/** What `POST /api/invoices/:id/payments` answers. */
export interface PaymentResponse {
  readonly payment: Payment;
  readonly invoice: Invoice;
}
