import { randomBytes } from 'node:crypto';
import type {
  AccountResponse,
  AccountsResponse,
  CreateAccountResponse,
  Role,
} from '@seaworthy-example/crm-api';
import {
  type Accounts,
  type AuditTrail,
  accountChanges,
  accountFilter,
  hashPassword,
  idOf,
  newAccount,
  parse,
} from '@seaworthy-example/server';
import type { FastifyInstance } from 'fastify';
import { userOf } from '../auth/authenticate.js';
import { may } from '../auth/policy.js';

const roles = ['viewer', 'sales', 'accountant', 'admin'] as const;
const changes = accountChanges(roles);
const newcomer = newAccount(roles);

/** Who may log in and as what: for administrators. */
export function accountRoutes(app: FastifyInstance, accounts: Accounts<Role>, trail: AuditTrail): void {
  app.get('/users', { preHandler: may('account.read') }, async (request) => {
    const actor = userOf(request).id;
    const filter = parse(accountFilter, request.query);
    await trail.note({ actor, action: 'account.list', outcome: 'success', details: { filter } });
    return (await accounts.list(filter)) satisfies AccountsResponse;
  });

  app.post('/users', { preHandler: may('account.write') }, async (request, reply) => {
    const actor = userOf(request);
    const given = parse(newcomer, request.body);
    // Made here, so that it is not one that the administrator uses elsewhere or that is easily guessed.
    const password = randomBytes(12).toString('base64url');
    const user = await accounts.add(actor.id, { ...given, passwordHash: await hashPassword(password) });
    const answer: CreateAccountResponse = { user, password };
    return reply.code(201).header('cache-control', 'no-store').send(answer);
  });

  app.patch('/users/:id', { preHandler: may('account.write') }, async (request) => {
    const actor = userOf(request);
    const id = idOf(request.params, 'USER_NOT_FOUND');
    const user = await accounts.change(actor.id, id, parse(changes, request.body));
    return { user } satisfies AccountResponse;
  });
}
