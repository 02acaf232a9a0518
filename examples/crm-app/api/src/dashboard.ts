import type { InvoiceSummary } from './invoice.js';

export interface MonthTotals {
  /** YYYY-MM. */
  readonly month: string;
  readonly invoicedMinor: number;
  readonly receivedMinor: number;
}

/** Days past the due date. */
export type AgingBucket = 'current' | '1-30' | '31-60' | '61-90' | '90+';

export interface AgingAmount {
  readonly bucket: AgingBucket;
  readonly amountMinor: number;
}

/** `GET /api/dashboard`: amounts in minor units of one currency. */
export interface DashboardResponse {
  readonly currency: string;
  readonly dueMinor: number;
  readonly overdueMinor: number;
  readonly receivedThisMonthMinor: number;
  readonly openInvoices: number;
  /** Twelve months, oldest first. */
  readonly months: readonly MonthTotals[];
  /** The five that are due first. */
  readonly dueInvoices: readonly InvoiceSummary[];
  readonly aging: readonly AgingAmount[];
}
