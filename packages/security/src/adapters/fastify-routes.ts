import type { GuardedRoute } from '../roles/access-matrix.js';
import { anyone, type HasRole, type Policy } from '../roles/policy.js';
import {
  accessOf,
  createRouteGuard,
  marked,
  type ResourceOf,
  type RouteGuardOptions,
} from '../roles/route-guard.js';

/** A hook of one route: `{ preHandler: may('invoice.void') }`. */
export type RouteHook<Request> = (request: Request) => Promise<void>;

/** Hooks that ask a policy. */
export interface RouteGuards<Request, Action extends string, Resource> {
  /** Lets through who may do this; a refused request ends with an error. */
  may(action: Action, resourceOf?: ResourceOf<Request, Resource>): RouteHook<Request>;
  /** Lets everybody through, and says so where routes are listed. */
  anyone(): RouteHook<unknown>;
}

/**
 * Makes hooks of a policy, for one route each; they run behind the `preHandler` of the plugin, which finds out who asks.
 *
 * @example
 * const { may, anyone } = guardRoutes(policy, { userOf });
 * app.post('/invoices/:id/void', { preHandler: may('invoice.void') }, voidInvoice);
 * app.post('/login', { preHandler: anyone() }, logIn);
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
    may: (action, resourceOf) => marked(guard.check(action, resourceOf), action),
    anyone: () => marked(async () => undefined, anyone),
  };
}

/** The part of a route that is needed. */
export interface FastifyRouteLike {
  readonly method: string | readonly string[];
  readonly url: string;
}

/** The part of a Fastify instance that {@link routesOf} needs. */
export interface FastifyRoutingLike {
  addHook(name: 'onRoute', hook: (route: FastifyRouteLike) => void): unknown;
}

/**
 * The routes that are added to a Fastify application from now on, and what each asks for: call it first, read the list when the
 * application is ready. A HEAD route that asks for what the GET route of its path does, as those do that Fastify adds by itself,
 * is left out.
 *
 * @example
 * const routes = routesOf(app);
 * await app.ready();
 * accessMatrix(policy, routes);
 */
export function routesOf(app: FastifyRoutingLike): readonly GuardedRoute[] {
  const routes: GuardedRoute[] = [];
  app.addHook('onRoute', (route) => {
    const hooks = ['onRequest', 'preParsing', 'preValidation', 'preHandler'].map((name) =>
      Reflect.get(route, name),
    );
    const access = accessOf(hooks.flat());
    const methods = [route.method].flat();
    for (const method of methods) if (method !== 'HEAD') routes.push({ method, path: route.url, access });
    const isOfGet = (other: GuardedRoute): boolean =>
      other.method === 'GET' && other.path === route.url && other.access === access;
    if (methods.includes('HEAD') && !routes.some(isOfGet)) {
      routes.push({ method: 'HEAD', path: route.url, access });
    }
  });
  return routes;
}
