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
  /** Express 4 answers with a boolean; router 2 with an object since 2.3, and leaves it on the layer before. */
  match(path: string): boolean | RouterMatch;
  readonly path?: string | undefined;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  /** Express 4. */
  readonly regexp?: RegExp;
  readonly keys?: ReadonlyArray<{ readonly name: string | number }>;
}

interface RouterMatch {
  readonly path: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly pattern?: unknown;
}

/** How much of the path a router took, and what that part is called. */
interface Mount {
  readonly length: number;
  readonly template: string;
}

/**
 * The template of the route that answered: `/tenants/:tenant/users/:user`, also across nested routers, whose own part of the
 * path Express knows only with the values in it (`req.baseUrl`). `undefined` when no route answered or it cannot be told.
 */
export function expressRoute(request: RoutedRequest): string | undefined {
  const { route, baseUrl, originalUrl } = request;
  if (route === undefined) return undefined;
  const own = templateOf(route);
  if (own === undefined) return undefined;
  const query = originalUrl.indexOf('?');
  const path = query === -1 ? originalUrl : originalUrl.slice(0, query);
  const mount = mountTemplate(stackOf(request.app), path, route, 0);
  // After an error the base is empty again, wherever the route was; so it says nothing unless the route was not found.
  if (mount === undefined) return baseUrl === '' ? own : undefined;
  return mount === '' ? own : `${mount}${own === '/' ? '' : own}`;
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
    const mount = mountOf(layer, path);
    if (mount === undefined) continue;
    const rest = path.slice(mount.length);
    const below = mountTemplate(inner, rest.startsWith('/') ? rest : `/${rest}`, route, depth + 1);
    if (below !== undefined) return `${mount.template}${below}`;
  }
  return undefined;
}

function mountOf(layer: Layer, path: string): Mount | undefined {
  const match = layer.match(path);
  if (match === false) return undefined;
  const { path: part = '', params = {} } = match === true ? layer : match;
  if (part === '') return { length: 0, template: '' };
  if (typeof match === 'object' && typeof match.pattern === 'string') {
    return { length: part.length, template: match.pattern };
  }
  const exact = layer.regexp === undefined ? undefined : byCaptures(layer.regexp, layer.keys ?? [], path);
  return { length: part.length, template: exact ?? byValues(part, params) };
}

const withIndices = new WeakMap<RegExp, RegExp>();

/** Express 4: the places where its expression captured, replaced by the names of its keys. */
function byCaptures(expression: RegExp, keys: NonNullable<Layer['keys']>, path: string): string | undefined {
  let indexed = withIndices.get(expression);
  if (indexed === undefined) {
    indexed = new RegExp(expression.source, `${expression.flags}d`);
    withIndices.set(expression, indexed);
  }
  const match = indexed.exec(path);
  if (match === null) return undefined;
  let template = '';
  let at = 0;
  for (const [index, place] of (match.indices ?? []).slice(1).entries()) {
    if (place === undefined) continue;
    template += `${path.slice(at, place[0])}:${String(keys[index]?.name)}`;
    at = place[1];
  }
  return template + path.slice(at, match[0].length);
}

/** Router 2.0 to 2.2: segments that equal a value, in the order of the names. */
function byValues(part: string, params: Readonly<Record<string, unknown>>): string {
  const left = Object.entries(params);
  return part
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
