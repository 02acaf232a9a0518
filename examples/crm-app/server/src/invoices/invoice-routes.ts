import type { InvoiceResponse } from '@seaworthy-example/crm-api';
import { ApiError, day, idOf, pageNumber, parse, searchText } from '@seaworthy-example/server';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { userOf } from '../auth/authenticate.js';
import { may } from '../auth/policy.js';
import type { InvoiceStore } from './invoice-store.js';
import { amountsOf, totalsOf } from './money.js';

const filter = z.object({
  status: z.enum(['draft', 'sent', 'partial', 'paid', 'overdue', 'void']).optional(),
  clientId: z.guid().optional(),
  search: searchText,
  page: pageNumber,
});

const line = z.object({
  description: z.string().trim().min(1, 'Say what it is for.').max(300),
  quantity: z.string().regex(/^\d{1,6}(?:\.\d{1,3})?$/, 'Enter a number with up to three places.'),
  unitPriceMinor: z.int('Enter a price.').min(0).max(10_000_000_000),
  taxRateBp: z.int('Enter a rate.').min(0).max(10_000),
});

const newInvoice = z
  .object({
    clientId: z.guid('Choose a client.'),
    issuedOn: day,
    dueOn: day,
    notes: z.string().trim().max(2_000).optional(),
    lines: z.array(line).min(1, 'Add at least one line.').max(100),
  })
  .refine(({ issuedOn, dueOn }) => issuedOn <= dueOn, {
    path: ['dueOn'],
    message: 'It cannot be due before it is issued.',
  });

export function invoiceRoutes(app: FastifyInstance, invoices: InvoiceStore): void {
  app.get('/invoices', { preHandler: may('invoice.read') }, async (request) =>
    invoices.list(parse(filter, request.query)),
  );

  app.post('/invoices', { preHandler: may('invoice.write') }, async (request, reply) => {
    const actor = userOf(request).id;
    const given = parse(newInvoice, request.body);
    if (!Number.isSafeInteger(totalsOf(given.lines.map(amountsOf)).totalMinor)) {
      throw new ApiError(422, 'AMOUNT_TOO_LARGE', 'The total is too large to be counted exactly.');
    }
    return reply.code(201).send({ invoice: await invoices.add(actor, given) } satisfies InvoiceResponse);
  });

  app.get('/invoices/:id', { preHandler: may('invoice.read') }, async (request) => {
    const invoice = await invoices.get(idOf(request.params, 'INVOICE_NOT_FOUND'));
    return { invoice } satisfies InvoiceResponse;
  });

  app.post('/invoices/:id/send', { preHandler: may('invoice.write') }, async (request) => {
    const actor = userOf(request).id;
    return {
      invoice: await invoices.send(actor, idOf(request.params, 'INVOICE_NOT_FOUND')),
    } satisfies InvoiceResponse;
  });

  app.post('/invoices/:id/void', { preHandler: may('invoice.void') }, async (request) => {
    const actor = userOf(request).id;
    return {
      invoice: await invoices.void(actor, idOf(request.params, 'INVOICE_NOT_FOUND')),
    } satisfies InvoiceResponse;
  });
}
