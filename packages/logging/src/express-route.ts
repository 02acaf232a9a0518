/** The part of an Express 4 or 5 request that a route's template is read from. */
export interface RoutedRequest {
  readonly originalUrl: string;
  readonly baseUrl: string;
  readonly route?: object | undefined;
  readonly app: object;
}

interface Layer {
  readonly route?: object | undefined;
  readonly handle: { readonly stack?: readonly Layer[] };
  /** Express 4 and router up to 2.2 answer with a boolean and leave the rest on the layer; later ones return it. */
  match(path: string): boolean | Match;
  readonly path?: string | undefined;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}

interface Match {
  /** Since router 2.3. */
  readonly pattern?: unknown;
  readonly path: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * The template of the route that answered: `/tenants/:tenant/users/:user`, also across nested routers, whose own part of the
 * path Express knows only with the values in it (`req.baseUrl`). `undefined` when no route answered or it cannot be told.
 */
export function expressRoute(request: RoutedRequest): string | undefined {
  const { route, baseUrl, originalUrl } = request;
  if (route === undefined) return undefined;
  const own = templateOf(route);
  if (own === undefined || baseUrl === '') return own;
  const query = originalUrl.indexOf('?');
  const path = query === -1 ? originalUrl : originalUrl.slice(0, query);
  const mount = mountTemplate(stackOf(request.app), path, route, 0);
  return mount === undefined ? undefined : `${mount}${own === '/' ? '' : own}`;
}

/** How deep routers may be nested before we stop looking. */
const deepest = 16;

function mountTemplate(
  stack: readonly Layer[],
  path: string,
  route: object,
  depth: number,
): string | undefined {
  if (depth > deepest) return undefined;
  for (const layer of stack) {
    if (layer.route === route) return '';
    const inner = layer.handle.stack;
    if (inner === undefined) continue;
    const match = matched(layer, path);
    if (match === undefined) continue;
    const rest = path.slice(match.path.length);
    const below = mountTemplate(inner, rest.startsWith('/') ? rest : `/${rest}`, route, depth + 1);
    if (below !== undefined) return `${withNames(match)}${below}`;
  }
  return undefined;
}

function matched(layer: Layer, path: string): Match | undefined {
  const match = layer.match(path);
  if (typeof match === 'object') return match;
  return match ? { path: layer.path ?? '', params: layer.params ?? {} } : undefined;
}

/** The mount's own pattern where the router tells it; else the path with `:name` wherever a value of the match stood. */
function withNames({ pattern, path, params }: Match): string {
  if (typeof pattern === 'string') return pattern;
  const left = Object.entries(params);
  return path
    .split('/')
    .map((segment) => {
      const found = left.findIndex(([, value]) => value === decodeURIComponent(segment));
      return found === -1 ? segment : `:${left.splice(found, 1)[0]?.[0]}`;
    })
    .join('/');
}

function templateOf(route: object): string | undefined {
  const path: unknown = Reflect.get(route, 'path');
  if (Array.isArray(path)) return path.map(String).join('|');
  return path === undefined ? undefined : String(path);
}

function stackOf(app: object): readonly Layer[] {
  // Express 4 calls it _router, and throws when one reads `router`.
  const router: unknown = Reflect.get(app, '_router') ?? Reflect.get(app, 'router');
  const stack: unknown =
    typeof router === 'object' || typeof router === 'function' ? Reflect.get(router ?? {}, 'stack') : [];
  return Array.isArray(stack) ? stack : [];
}
