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
import { userOf } from '../auth/authenticate.js';
import { may } from '../auth/policy.js';

const changes = accountChanges(['viewer', 'member', 'manager', 'admin']);

/** Who may log in and as what: for administrators. */
export function accountRoutes(accounts: Accounts<Role>, trail: AuditTrail): Router {
  const routes = Router();

  routes.get('/users', may('account.read'), async (req, res) => {
    const actor = userOf(req).id;
    const filter = parse(accountFilter, req.query);
    await trail.note({ actor, action: 'account.list', outcome: 'success', details: { filter } });
    res.json((await accounts.list(filter)) satisfies AccountsResponse);
  });

  routes.patch('/users/:id', may('account.write'), async (req, res) => {
    const actor = userOf(req);
    const id = idOf(req.params, 'USER_NOT_FOUND');
    const user = await accounts.change(actor.id, id, parse(changes, req.body));
    res.json({ user } satisfies AccountResponse);
  });

  return routes;
}
