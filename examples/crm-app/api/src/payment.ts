export type PaymentMethod = 'bank' | 'card' | 'cash' | 'mobile';

export interface Payment {
  readonly id: string;
  readonly invoiceId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly method: PaymentMethod;
  /** YYYY-MM-DD. */
  readonly paidOn: string;
  readonly reference: string | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/**
 * `POST /api/invoices/:id/payments`, with an `Idempotency-Key` header: the same key and body get the first answer
 * again, the same key with another body gets 409 `IDEMPOTENCY_MISMATCH`.
 */
export interface CreatePaymentRequest {
  readonly amountMinor: number;
  readonly method: PaymentMethod;
  readonly paidOn: string;
  readonly reference?: string;
}
