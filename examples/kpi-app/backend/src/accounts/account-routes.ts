import type { AccountResponse, AccountsResponse, Role } from '@seaworthy-example/kpi-api';
import {
  type Accounts,
  type AuditTrail,
  accountChanges,
  accountFilter,
  idOf,
  parse,
} from '@seaworthy-example/server';
import { Router } from 'express';
import { requireRole } from '../auth/authenticate.js';

const changes = accountChanges(['viewer', 'member', 'manager', 'admin']);

/** Who may log in and as what: for administrators. */
export function accountRoutes(accounts: Accounts<Role>, trail: AuditTrail): Router {
  const routes = Router();

  routes.get('/users', async (req, res) => {
    const actor = requireRole(req, 'admin').id;
    const filter = parse(accountFilter, req.query);
    await trail.note({ actor, action: 'account.list', outcome: 'success', details: { filter } });
    res.json((await accounts.list(filter)) satisfies AccountsResponse);
  });

  routes.patch('/users/:id', async (req, res) => {
    const actor = requireRole(req, 'admin');
    const id = idOf(req.params, 'USER_NOT_FOUND');
    const user = await accounts.change(actor.id, id, parse(changes, req.body));
    res.json({ user } satisfies AccountResponse);
  });

  return routes;
}
