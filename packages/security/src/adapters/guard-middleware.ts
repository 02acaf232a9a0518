import type { IncomingMessage } from 'node:http';
import { anyone, type HasRole, type Policy } from '../roles/policy.js';
import { createRouteGuard, marked, type ResourceOf, type RouteGuardOptions } from '../roles/route-guard.js';
import type { Middleware } from './exchange.js';

/** Middleware that asks a policy. */
export interface RouteGuards<Request, Action extends string, Resource> {
  /** Lets through who may do this; a refused request ends with an error. */
  may(action: Action, resourceOf?: ResourceOf<Request, Resource>): Middleware<Request & IncomingMessage>;
  /** Lets everybody through, and says so where routes are listed. */
  anyone(): Middleware<IncomingMessage>;
}

/**
 * Makes middleware of a policy, for one route each; mount it behind what finds out who asks.
 *
 * @example
 * const { may, anyone } = guardRoutes(policy, { userOf });
 * app.post('/invoices/:id/void', may('invoice.void'), voidInvoice);
 * app.post('/login', anyone(), logIn);
 */
export function guardRoutes<
  Request,
  Role extends string,
  Action extends string,
  User extends HasRole,
  Resource,
>(
  policy: Policy<Role, Action, User, Resource>,
  options: RouteGuardOptions<Request, User>,
): RouteGuards<Request, Action, Resource> {
  const guard = createRouteGuard(policy, options);
  return {
    may(action, resourceOf) {
      const check = guard.check(action, resourceOf);
      const middleware: Middleware<Request & IncomingMessage> = (request, _response, next) => {
        check(request).then(() => next(), next);
      };
      return marked(middleware, action);
    },
    anyone: () => marked<Middleware<IncomingMessage>>((_request, _response, next) => next(), anyone),
  };
}
