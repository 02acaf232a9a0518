import { hostMatch, type Layer, readerOf } from './express-layer.js';
import { type PathPart, withoutParts } from './path-pattern.js';
import { pathOf } from './request-path.js';

/** The part of an Express 4 or 5 request that a route's template is read from. */
export interface RoutedRequest {
  readonly originalUrl: string;
  readonly baseUrl: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly route?: object | undefined;
  readonly app: object;
  readonly next?: unknown;
  readonly res?: { readonly statusCode: number } | undefined;
}

/** A layer, with the mounts on the way to it. */
interface Place {
  readonly mounts: readonly Layer[];
  readonly layer: Layer;
  /** The whole template of a route, when it is the same for all paths. */
  readonly template: string | undefined;
}

/** All that an application has mounted. It is drawn again when something was added. */
interface RouteMap {
  readonly stacks: ReadonlyArray<{ readonly stack: readonly Layer[]; readonly length: number }>;
  readonly routes: ReadonlyMap<object, readonly Place[]>;
  readonly places: readonly Place[];
  /** The places with secret names, by whoever says which those are. */
  readonly secret: WeakMap<object, readonly Place[]>;
}

/** Who says which names are secret. */
interface Names {
  isSecret(name: string): boolean;
}

/** Where somebody went in a path: what was taken from it, and how the last layer was reached. */
interface Walk {
  readonly parts: readonly PathPart[];
  /** Of the path, before the last layer. */
  readonly mounted: number;
  readonly rests: readonly string[];
}

const maps = new WeakMap<object, RouteMap>();

/** What Express calls the function by which it enters an application within. */
const mountedApp = 'mounted_app';

/** How deep routers may be nested before we stop looking. */
const deepest = 16;

/**
 * The template of the route that answered: `/tenants/:tenant/users/:user`, also across nested routers and applications, whose own part
 * of the path Express knows only with the values in it (`req.baseUrl`). `undefined` when no route answered or it cannot be told.
 */
export function expressRoute(request: RoutedRequest): string | undefined {
  const { route, app, baseUrl } = request;
  if (route === undefined || fellThrough(request)) return undefined;
  const places = mapOf(app).routes.get(route);
  // After an error the base is empty again, wherever the route was.
  if (places === undefined) return baseUrl === '' && !entersApp(request) ? templateOf(route) : undefined;
  const [first] = places;
  if (places.length === 1 && first?.template !== undefined) return first.template;
  const path = pathOf(request.originalUrl);
  const place = reached(places, path);
  return place === undefined ? undefined : (place.template ?? templateAt(place, path));
}

/** The values in the path by name, from the path itself: nested routers and errors change what stands in `req.params`. */
export function expressParams(request: RoutedRequest): Readonly<Record<string, unknown>> {
  const path = pathOf(request.originalUrl);
  const place = reached(mapOf(request.app).routes.get(request.route ?? request) ?? [], path);
  const walk = place && walkTo(place, path);
  if (place === undefined || walk === undefined) return request.params ?? {};
  const layers = [...place.mounts, place.layer];
  return Object.assign({}, ...layers.map((layer, at) => hostMatch(layer, walk.rests[at] ?? '')?.params));
}

const none: readonly PathPart[] = [];

/**
 * Where secrets stand in a path, by the names in everything that matches it, whether it answered or not. An application without such
 * names is asked once.
 */
export function expressSecrets(
  { app, route }: RoutedRequest,
  url: string,
  names: Names,
): readonly PathPart[] {
  const map = mapOf(app);
  const places = map.secret.get(names) ?? secretsOf(map, names);
  const isLost = route !== undefined && !map.routes.has(route);
  if (places.length === 0 && !isLost) return none;
  const path = pathOf(url);
  const found = places.flatMap((place) => walkTo(place, path)?.parts ?? none);
  if (isLost) found.push(...lostParts(route, path));
  return found.filter(({ name }) => names.isSecret(name));
}

function secretsOf(map: RouteMap, names: Names): readonly Place[] {
  const found = map.places.filter(
    ({ layer }) => readerOf(layer).names?.some((name) => names.isSecret(name)) ?? true,
  );
  map.secret.set(names, found);
  return found;
}

const lostLayers = new WeakMap<object, Layer>();

/** The values of a route that no stack holds, such as one of an application within, whose error left it: it ends the path. */
function lostParts(route: object, path: string): readonly PathPart[] {
  const layer: Layer = lostLayers.get(route) ?? { route, handle: {}, match: () => false };
  lostLayers.set(route, layer);
  const { names = [], read } = readerOf(layer);
  if (names.length === 0) return none;
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const match = read(path.slice(at));
    if (match !== undefined) return moved(match.parts, at);
  }
  return none;
}

/** Whether Express itself answered, because everything had passed the request on. It takes its `next` back then. */
function fellThrough({ next, res }: RoutedRequest): boolean {
  return next === undefined && res?.statusCode === 404;
}

/** Whether an application within may have had the request, whose routes are not to be seen from outside. */
function entersApp({ app, originalUrl }: RoutedRequest): boolean {
  const path = pathOf(originalUrl);
  return mapOf(app).places.some(
    (place) => place.layer.handle.name === mountedApp && walkTo(place, path) !== undefined,
  );
}

/** A router may be mounted more than once; then the path tells. */
function reached(places: readonly Place[], path: string): Place | undefined {
  return places.length < 2 ? places[0] : places.find((place) => walkTo(place, path) !== undefined);
}

/** Where mounts are expressions, or nobody kept their text: the path with names in the place of values, up to the route. */
function templateAt(place: Place, path: string): string | undefined {
  const walk = walkTo(place, path);
  if (walk === undefined) return undefined;
  const parts = walk.parts.filter(({ start }) => start < walk.mounted);
  const mount = withoutParts(path.slice(0, walk.mounted), parts, ({ name }) => `:${name}`);
  return joined(mount, place.layer.route);
}

function walkTo({ mounts, layer }: Place, path: string): Walk | undefined {
  const parts: PathPart[] = [];
  const rests: string[] = [];
  let at = 0;
  for (const each of [...mounts, layer]) {
    const rest = path.slice(at);
    const added = rest.startsWith('/') ? 0 : 1;
    rests.push(added === 0 ? rest : `/${rest}`);
    const match = readerOf(each).read(rests.at(-1) ?? '');
    if (match === undefined) return undefined;
    parts.push(...moved(match.parts, at - added));
    if (each === layer) break;
    at += Math.max(match.length - added, 0);
  }
  return { parts, mounted: at, rests };
}

function moved(parts: readonly PathPart[], by: number): readonly PathPart[] {
  return by === 0 ? parts : parts.map(({ name, start, end }) => ({ name, start: start + by, end: end + by }));
}

function mapOf(app: object): RouteMap {
  const known = maps.get(app);
  if (known !== undefined && isCurrent(known)) return known;
  const map = drawn(app);
  maps.set(app, map);
  return map;
}

function isCurrent({ stacks }: RouteMap): boolean {
  for (const { stack, length } of stacks) if (stack.length !== length) return false;
  return true;
}

/** From the outermost application down: one within another is asked for by the name that Express gives to its mount. */
function drawn(app: object): RouteMap {
  const apps = [app];
  for (let outer = parentOf(app); outer !== undefined && apps.length < deepest; outer = parentOf(outer)) {
    apps.unshift(outer);
  }
  const stacks: { stack: readonly Layer[]; length: number }[] = [];
  const routes = new Map<object, Place[]>();
  const places: Place[] = [];

  function visit(stack: readonly Layer[], level: number, mounts: readonly Layer[]): void {
    stacks.push({ stack, length: stack.length });
    if (mounts.length > deepest) return;
    const mount = mountTemplate(mounts);
    for (const layer of stack) {
      const { route, handle } = layer;
      const place = { mounts, layer, template: mount === undefined ? undefined : joined(mount, route) };
      places.push(place);
      const within = apps[level + 1];
      if (route !== undefined) routes.set(route, [...(routes.get(route) ?? []), place]);
      else if (handle.stack !== undefined) visit(handle.stack, level, [...mounts, layer]);
      else if (within !== undefined && handle.name === mountedApp) {
        visit(stackOf(within), level + 1, [...mounts, layer]);
      }
    }
  }

  visit(stackOf(apps[0] ?? app), 0, []);
  return { stacks, routes, places, secret: new WeakMap() };
}

function mountTemplate(mounts: readonly Layer[]): string | undefined {
  const templates = mounts.map((layer) => readerOf(layer).template);
  return templates.includes(undefined) ? undefined : templates.join('');
}

function joined(mount: string, route: object | undefined): string | undefined {
  const own = route === undefined ? undefined : templateOf(route);
  if (own === undefined || mount === '') return own;
  return own === '/' ? mount : `${mount}${own}`;
}

function templateOf(route: object): string | undefined {
  const path: unknown = Reflect.get(route, 'path');
  if (Array.isArray(path)) return path.map(String).join('|');
  return path === undefined ? undefined : String(path);
}

function parentOf(app: object): object | undefined {
  const parent: unknown = Reflect.get(app, 'parent');
  return typeof parent === 'function' || (typeof parent === 'object' && parent !== null) ? parent : undefined;
}

function stackOf(app: object): readonly Layer[] {
  // Express 4 calls it _router, and throws when one reads `router`.
  const router: unknown = Reflect.get(app, '_router') ?? Reflect.get(app, 'router');
  const stack: unknown =
    typeof router === 'object' || typeof router === 'function' ? Reflect.get(router ?? {}, 'stack') : [];
  return Array.isArray(stack) ? stack : [];
}
