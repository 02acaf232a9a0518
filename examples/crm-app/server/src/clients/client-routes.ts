import type { ClientDetailResponse, ClientResponse } from '@seaworthy-example/crm-api';
import { type AuditTrail, idOf, pageNumber, parse, searchText } from '@seaworthy-example/server';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { userOf } from '../auth/authenticate.js';
import { may } from '../auth/policy.js';
import type { InvoiceStore } from '../invoices/invoice-store.js';
import type { ClientStore } from './client-store.js';

const optionalText = (max: number) => z.string().trim().max(max).optional();

const newClient = z.object({
  name: z.string().trim().min(1, 'Enter a name.').max(160),
  email: z.email('Enter an e-mail address.').max(254),
  phone: optionalText(40),
  taxId: optionalText(40),
  city: optionalText(80),
  country: optionalText(80),
  currency: z.string().regex(/^[A-Z]{3}$/, 'Choose a currency.'),
});

const changes = newClient.extend({ status: z.enum(['active', 'archived']) }).partial();

const filter = z.object({ search: searchText, page: pageNumber });

export function clientRoutes(
  app: FastifyInstance,
  clients: ClientStore,
  invoices: InvoiceStore,
  trail: AuditTrail,
): void {
  app.get('/clients', { preHandler: may('client.read') }, async (request) => {
    const query = parse(filter, request.query);
    const actor = userOf(request).id;
    await trail.note({ actor, action: 'client.list', outcome: 'success', details: { filter: query } });
    return clients.list(query);
  });

  app.post('/clients', { preHandler: may('client.write') }, async (request, reply) => {
    const actor = userOf(request).id;
    const client = await clients.add(actor, parse(newClient, request.body));
    return reply.code(201).send({ client } satisfies ClientResponse);
  });

  app.get('/clients/:id', { preHandler: may('client.read') }, async (request) => {
    const client = await clients.get(idOf(request.params, 'CLIENT_NOT_FOUND'));
    const target = { type: 'client', id: client.id };
    await trail.note({ actor: userOf(request).id, action: 'client.read', target, outcome: 'success' });
    return { client, invoices: await invoices.ofClient(client.id) } satisfies ClientDetailResponse;
  });

  app.patch('/clients/:id', { preHandler: may('client.write') }, async (request) => {
    const actor = userOf(request).id;
    const client = await clients.change(
      actor,
      idOf(request.params, 'CLIENT_NOT_FOUND'),
      parse(changes, request.body),
    );
    return { client } satisfies ClientResponse;
  });
}
