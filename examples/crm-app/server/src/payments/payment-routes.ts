import type { PaymentResponse } from '@seaworthy-example/crm-api';
import { ApiError, day, idOf, parse } from '@seaworthy-example/server';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { userOf } from '../auth/authenticate.js';
import { may } from '../auth/policy.js';
import type { InvoiceStore } from '../invoices/invoice-store.js';
import type { PaymentStore } from './payment-store.js';

const newPayment = z.object({
  amountMinor: z.int('Enter an amount.').min(1, 'Enter an amount above zero.').max(Number.MAX_SAFE_INTEGER),
  method: z.enum(['bank', 'card', 'cash', 'mobile']),
  paidOn: day,
  reference: z.string().trim().max(120).optional(),
});

const idempotencyKey = z.string().regex(/^[\x21-\x7e]{8,200}$/);

export function paymentRoutes(app: FastifyInstance, payments: PaymentStore, invoices: InvoiceStore): void {
  app.post('/invoices/:id/payments', { preHandler: may('payment.add') }, async (request, reply) => {
    const actor = userOf(request).id;
    const key = idempotencyKey.safeParse(request.headers['idempotency-key']);
    if (!key.success) {
      const detail =
        'Send an Idempotency-Key header of 8 to 200 visible ASCII characters, so that a repeated request pays once.';
      throw new ApiError(400, 'IDEMPOTENCY_KEY_REQUIRED', detail);
    }
    const given = parse(newPayment, request.body);
    const id = idOf(request.params, 'INVOICE_NOT_FOUND');
    const { payment, replayed } = await payments.record(actor, id, key.data, given);
    if (replayed) reply.header('idempotent-replayed', 'true');
    return reply.code(201).send({ payment, invoice: await invoices.get(id) } satisfies PaymentResponse);
  });
}
