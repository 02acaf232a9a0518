import { invalidOption, optionsOf } from '@seaworthy/contracts';
import { SecurityError } from '../security-error.js';
import { AccessError, type AccessRefusal } from './access-error.js';
import type { HasRole, Policy } from './policy.js';

export interface RouteGuardOptions<Request, User> {
  /** Who asks; `undefined` or `null` for nobody. */
  readonly userOf: (request: Request) => User | null | undefined;
  /** The error that a refused request ends with. @defaultValue an AccessError with `statusCode` */
  readonly refuse?: (reason: AccessRefusal) => Error;
}

/** Finds what a request is about, `undefined` or `null` for nothing: for actions that a role may do to some things only. */
export type ResourceOf<Request, Resource> = (
  request: Request,
) => Resource | null | undefined | Promise<Resource | null | undefined>;

/** Decides requests by a policy. The adapters make middleware and hooks of it. */
export interface RouteGuard<Request, Action extends string, Resource> {
  /**
   * What lets a request through, and throws for one that the policy refuses.
   *
   * @throws OptionsError where a role may do it to some things only and nobody says to which: such a route would be open.
   */
  check(action: Action, resourceOf?: ResourceOf<Request, Resource>): (request: Request) => Promise<void>;
}

const readOptions = optionsOf<RouteGuardOptions<never, unknown>>('guardRoutes', {
  userOf: true,
  refuse: true,
});

export function createRouteGuard<
  Request,
  Role extends string,
  Action extends string,
  User extends HasRole,
  Resource,
>(
  policy: Policy<Role, Action, User, Resource>,
  options: RouteGuardOptions<Request, User>,
): RouteGuard<Request, Action, Resource> {
  const { userOf, refuse = (reason: AccessRefusal) => new AccessError(reason) } = readOptions(options);
  return {
    check(action, resourceOf) {
      if (
        resourceOf === undefined &&
        policy.roles.some((role) => policy.grant(role, action) === 'sometimes')
      ) {
        throw invalidOption(
          'guardRoutes may',
          'resourceOf',
          `given for "${action}", which depends on what it is done to`,
        );
      }
      return async (request) => {
        const user = userOf(request);
        if (user === undefined || user === null) throw refuse('unauthenticated');
        const grant = policy.grant(user.role, action);
        if (grant === 'always') return;
        const resource = grant === 'sometimes' ? await resourceOf?.(request) : undefined;
        if (!policy.can(user, action, resource)) throw refuse('forbidden');
      };
    },
  };
}

/** Registered, so that two copies of this package in one process find each other's. */
const mark = Symbol.for('seaworthy.security.access.v1');

/** Notes on a handler what it asks for, so that a list of routes can tell. */
export function marked<Handler extends object>(handler: Handler, access: string): Handler {
  return Object.assign(handler, { [mark]: access });
}

/**
 * What the handlers of a route ask for: an action, `anyone`, or `undefined` when none of them says.
 *
 * @throws SecurityError `SECURITY_ROUTES_UNREADABLE` for several, of which a list could show one only.
 */
export function accessOf(handlers: readonly unknown[]): string | undefined {
  const found = handlers.map(markOf).filter((access) => access !== undefined);
  const [access, ...others] = new Set(found);
  if (others.length === 0) return access;
  throw new SecurityError(`A route asks for ${[access, ...others].join(' and ')}. Make it one action.`, {
    code: 'SECURITY_ROUTES_UNREADABLE',
  });
}

/** What one handler asks for; `undefined` of one that is no guard. */
export function markOf(handler: unknown): string | undefined {
  const access: unknown = typeof handler === 'function' ? Reflect.get(handler, mark) : undefined;
  return typeof access === 'string' ? access : undefined;
}
