import type { GuardedRoute } from '../roles/access-matrix.js';
import { accessOf, markOf } from '../roles/route-guard.js';
import { SecurityError } from '../security-error.js';

/** What can be read of an Express application or router, of version 4 and 5. */
export type ExpressRoutes = object;

export interface RoutesOfOptions {
  /** The paths that routers are mounted at, for Express before 5.2, which does not keep them: `['/api']`. @defaultValue [] */
  readonly mounts?: readonly string[];
}

/** No application has such a path, so a layer that takes it takes all. */
const nowhere = '/seaworthy-5d1f0c/nowhere';

/**
 * The routes of an Express 4 or 5 application or router, once all are added, and what each asks for.
 *
 * @throws SecurityError `SECURITY_ROUTES_UNREADABLE` for a router at a path that `mounts` does not name and for an
 * application in another, because a list that leaves routes out would prove nothing; and for a guard behind its handler.
 * What `app.use(path, handler)` answers is not listed: Express does not know it from middleware.
 *
 * @example
 * accessMatrix(policy, routesOf(app, { mounts: ['/api'] }));
 */
export function routesOf(app: ExpressRoutes, { mounts = [] }: RoutesOfOptions = {}): readonly GuardedRoute[] {
  return read(stackOf(app), '', mounts);
}

function read(stack: readonly unknown[], prefix: string, mounts: readonly string[]): readonly GuardedRoute[] {
  return stack.flatMap((layer) => {
    const { route, handle, name, rawPath } = fieldsOf(layer);
    if (route !== undefined) return routesIn(fieldsOf(route), prefix);
    if (name === 'mounted_app')
      throw unreadable('An application in another hides its routes: mount a Router.');
    const inner = typeof handle === 'function' ? fieldsOf(handle).stack : undefined;
    if (!Array.isArray(inner)) return [];
    const takes = (path: string): boolean => matches(layer, path);
    const at = takes(nowhere) ? [''] : (textsOf(rawPath) ?? mounts.filter(takes));
    if (at.length === 0) throw unreadable('A router is mounted at a path that mounts does not name.');
    return at.flatMap((path) => read(inner, prefix + path, mounts));
  });
}

function routesIn(
  { path, stack }: Readonly<Record<string, unknown>>,
  prefix: string,
): readonly GuardedRoute[] {
  const layers = (Array.isArray(stack) ? stack : []).map(fieldsOf);
  const methods = new Set(layers.map(({ method }) => (typeof method === 'string' ? method : '*')));
  return [path].flat().flatMap((one) =>
    [...methods].map((method) => {
      const handlers = layers
        .filter((layer) => layer.method === method || layer.method === undefined)
        .map(({ handle }) => handle);
      const name = { method: method.toUpperCase(), path: prefix + String(one) };
      if (endsInGuard(handlers)) {
        throw unreadable(
          `The guard of ${name.method} ${name.path} stands behind the handler. Put it before.`,
        );
      }
      return { ...name, access: accessOf(handlers) };
    }),
  );
}

/** Whether a guard comes last, where the handler before it has answered. A guard alone hides no handler. */
function endsInGuard(handlers: readonly unknown[]): boolean {
  const answering = handlers.filter((handle) => typeof handle !== 'function' || handle.length < 4); // 4: of errors
  return markOf(answering.at(-1)) !== undefined && answering.some((handle) => markOf(handle) === undefined);
}

function stackOf(app: ExpressRoutes): readonly unknown[] {
  const { stack } = fieldsOf(app);
  if (Array.isArray(stack)) return stack;
  const settings = fieldsOf(app);
  const router: unknown = Object.hasOwn(app, '_router') ? settings._router : settings.router;
  const found: unknown = fieldsOf(router).stack;
  if (Array.isArray(found)) return found;
  throw unreadable('This is no application or router of Express 4 or 5.');
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

/** The paths that a router was mounted at, where Express keeps them. */
function textsOf(rawPath: unknown): readonly string[] | undefined {
  const texts = [rawPath].flat();
  return texts.every((text) => typeof text === 'string') ? texts : undefined;
}

function matches(layer: unknown, path: string): boolean {
  const { match } = fieldsOf(layer);
  return typeof match === 'function' && Boolean(Reflect.apply(match, layer, [path]));
}

function unreadable(message: string): SecurityError {
  return new SecurityError(message, { code: 'SECURITY_ROUTES_UNREADABLE' });
}
