import { createHash, randomUUID } from 'node:crypto';
import { type Db, DbError, sql } from '@seaworthy/db-pool';
import type { Payment, PaymentMethod } from '@seaworthy-example/crm-api';
import { ApiError, type AuditTrail } from '@seaworthy-example/server';
import { paymentById } from './payment-rows.js';

export interface NewPayment {
  readonly amountMinor: number;
  readonly method: PaymentMethod;
  readonly paidOn: string;
  readonly reference?: string | undefined;
}

export interface RecordedPayment {
  readonly payment: Payment;
  /** Whether the same request had been answered before. */
  readonly replayed: boolean;
}

export interface PaymentStore {
  /**
   * Records a payment once, however often the request arrives.
   *
   * @throws ApiError 404, 409 `INVOICE_STATE` or `IDEMPOTENCY_MISMATCH`, 422 `OVERPAYMENT`.
   */
  record(
    actor: string,
    invoiceId: string,
    idempotencyKey: string,
    payment: NewPayment,
  ): Promise<RecordedPayment>;
}

interface LockedInvoice {
  readonly status: string;
  readonly currency: string;
  readonly dueMinor: number;
}

export function createPaymentStore(db: Db, trail: Pick<AuditTrail, 'changed'>): PaymentStore {
  return {
    async record(actor, invoiceId, idempotencyKey, given) {
      const hash = fingerprint(invoiceId, given);
      try {
        return await db.transaction(async (tx) => {
          // Payments of one invoice come one after the other, so that two of them cannot both fit into what is due.
          const invoice = await tx.maybeOne<LockedInvoice>(sql`
            select status, currency, total_minor - paid_minor as dueMinor from invoices where id = ${invoiceId} for update`);
          if (invoice === undefined)
            throw new ApiError(404, 'INVOICE_NOT_FOUND', 'There is no such invoice.');

          const known = await tx.maybeOne<{ id: string; hash: Buffer }>(
            sql`select id, request_hash as hash from payments where idempotency_key = ${idempotencyKey}`,
          );
          if (known !== undefined) {
            if (!hash.equals(known.hash)) throw mismatch();
            return { payment: await paymentById(tx, known.id), replayed: true };
          }
          refuseUnlessOpen(invoice, given);

          const id = randomUUID();
          const row = {
            id,
            invoice_id: invoiceId,
            amount_minor: given.amountMinor,
            currency: invoice.currency,
            method: given.method,
            paid_on: given.paidOn,
            reference: given.reference ?? null,
            idempotency_key: idempotencyKey,
            request_hash: hash,
          };
          await tx.exec(sql`insert into payments ${sql.row(row)}`);
          const status = given.amountMinor === invoice.dueMinor ? 'paid' : 'partial';
          await tx.exec(
            sql`update invoices set paid_minor = paid_minor + ${given.amountMinor}, status = ${status} where id = ${invoiceId}`,
          );
          const payment = await paymentById(tx, id);
          const target = { type: 'invoice', id: invoiceId, payment: id };
          const before = { status: invoice.status, dueMinor: invoice.dueMinor };
          const after = { status, dueMinor: invoice.dueMinor - given.amountMinor, ...given };
          await trail.changed(tx, { actor, action: 'payment.record', target }, before, after);
          return { payment, replayed: false };
        });
      } catch (error) {
        // The same key on another invoice, at the same moment: its lock was not ours.
        if (DbError.is(error) && error.kind === 'unique') throw mismatch();
        throw error;
      }
    },
  };
}

function refuseUnlessOpen(invoice: LockedInvoice, { amountMinor }: NewPayment): void {
  if (invoice.status !== 'sent' && invoice.status !== 'partial') {
    throw new ApiError(409, 'INVOICE_STATE', 'Only an invoice that was sent and is not paid takes payments.');
  }
  if (amountMinor > invoice.dueMinor) {
    throw new ApiError(422, 'OVERPAYMENT', 'The payment is more than what is due.', [
      { path: 'amountMinor', message: 'More than what is due.' },
    ]);
  }
}

function mismatch(): ApiError {
  return new ApiError(
    409,
    'IDEMPOTENCY_MISMATCH',
    'This Idempotency-Key was used for another payment. Use a new one.',
  );
}

function fingerprint(invoiceId: string, { amountMinor, method, paidOn, reference }: NewPayment): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([invoiceId, amountMinor, method, paidOn, reference ?? null]))
    .digest();
}
