/** What Express 4 and 5 leave on a request; all of it is looked at with care, because some of it is nobody's promise. */
interface ExpressRequest {
  readonly route?: unknown;
  readonly app?: unknown;
  readonly originalUrl?: string;
  readonly url?: string | undefined;
}

/**
 * The template of the route that a request took, through all the routers around it: `/tenants/:tenant/users/:id`.
 *
 * Express has no such thing: `baseUrl` is what the client wrote, and is empty again in error handlers. But the route itself
 * stays on the request, so it is looked for in the tree of routers, whose layers know the paths they were mounted at.
 */
export function expressRoute(request: ExpressRequest): string | undefined {
  const { route } = request;
  if (typeof route !== 'object' || route === null) return undefined;
  const known = templates.get(route);
  if (known !== undefined) return known.length === 1 ? known[0] : bestOf(known, request);
  const prefix = mountPath(request.app);
  const found = [...templatesOf(routerOf(request.app), route, prefix, 0)];
  const made = found.length > 0 ? found : [prefix + pathText(Reflect.get(route, 'path'))];
  templates.set(route, made);
  return made.length === 1 ? made[0] : bestOf(made, request);
}

/** A router may be mounted in several places; each has a template. */
const templates = new WeakMap<object, readonly string[]>();

/** Deeper is a cycle or a joke. */
const maxDepth = 20;

function* templatesOf(router: unknown, route: object, prefix: string, depth: number): Generator<string> {
  const stack: unknown = Reflect.get(Object(router), 'stack');
  if (!Array.isArray(stack) || depth > maxDepth) return;
  for (const layer of stack) {
    if (layer.route === route) yield join(prefix, pathText(Reflect.get(route, 'path')));
    else if (layer.route === undefined)
      yield* templatesOf(layer.handle, route, join(prefix, mountText(layer)), depth + 1);
  }
}

function routerOf(app: unknown): unknown {
  const own = Object(app);
  // Express 4 keeps it here, and its `router` is a getter that throws.
  return own._router ?? own.router;
}

/** Where an application stands within others. */
function mountPath(app: unknown): string {
  let path = '';
  let at = Object(app);
  for (let depth = 0; depth < maxDepth && at?.parent !== undefined; depth += 1) {
    path = join(pathText(at.mountpath), path);
    at = at.parent;
  }
  return path;
}

/** The path that `use` was given. Express 5 keeps it from router 2.3 on; of Express 4 only the expression is left. */
function mountText(layer: unknown): string {
  const { rawPath, regexp, keys } = Object(layer);
  if (rawPath !== undefined) return rawPath === '/' ? '' : pathText(rawPath);
  if (regexp instanceof RegExp)
    return Reflect.get(regexp, 'fast_slash') === true ? '' : textOfExpression(regexp, keys);
  return '';
}

function pathText(path: unknown): string {
  if (Array.isArray(path)) return path.map(pathText).join('|');
  return path instanceof RegExp ? path.source : typeof path === 'string' ? path : '';
}

/** Undoes what path-to-regexp 0.1 did to a plain path: `^\/tenants(?:\/([^/]+?))\/?(?=\/|$)`. */
function textOfExpression({ source }: RegExp, keys: unknown): string {
  const names = Array.isArray(keys) ? keys.map((key) => String(Object(key).name)) : [];
  return source
    .replace(/^\^/, '')
    .replace(/\\\/\?\(\?=\\\/\|\$\)$/, '')
    .replace(/\(\?:(\\\/)?\(\[\^\\?\/\]\+\?\)\)/g, (_group, slash?: string) => {
      const name = names.shift() ?? 'param';
      return `${slash === undefined ? '' : '/'}:${name}`;
    })
    .replace(/\\(.)/g, '$1');
}

function join(prefix: string, path: string): string {
  const joined = `${prefix}${path}`.replace(/\/{2,}/g, '/');
  return joined.length > 1 && joined.endsWith('/') ? joined.slice(0, -1) : joined;
}

/** The one that the path of the request fits, segment by segment. */
function bestOf(
  candidates: readonly string[],
  { url = '/', originalUrl = url }: ExpressRequest,
): string | undefined {
  const segments = (originalUrl.split('?', 1)[0] ?? '').split('/');
  return candidates.find((template) => fits(template.split('/'), segments)) ?? candidates[0];
}

function fits(template: readonly string[], segments: readonly string[]): boolean {
  return template.every((part, at) => part.startsWith(':') || part.startsWith('*') || part === segments[at]);
}
