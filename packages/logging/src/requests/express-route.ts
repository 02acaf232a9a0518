import { hostMatch, type Layer, readerOf } from './express-layer.js';
import {
  joined,
  mapOf,
  mountedApp,
  moved,
  type Place,
  type RouteMap,
  reached,
  templateOf,
  walkTo,
} from './express-map.js';
import { decoded, type PathPart, withoutParts } from './path-pattern.js';
import { pathOf } from './request-path.js';

/** The part of an Express 4 or 5 request that a route's template is read from. */
export interface RoutedRequest {
  readonly originalUrl: string;
  readonly baseUrl: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly route?: object | undefined;
  /** Absent where a router serves alone. */
  readonly app?: object;
  readonly next?: unknown;
  readonly res?: { readonly statusCode: number } | undefined;
}

/** Who says which names are secret. */
interface Names {
  isSecret(name: string): boolean;
}

/**
 * The template of the route that answered: `/tenants/:tenant/users/:user`, also across nested routers and applications, whose own part
 * of the path Express knows only with the values in it (`req.baseUrl`). `undefined` when no route answered or it cannot be told.
 */
export function expressRoute(request: RoutedRequest): string | undefined {
  const { route, app } = request;
  if (route === undefined || fellThrough(request)) return undefined;
  const places = mapOf(app).routes.get(route);
  // After an error the base is empty again, wherever the route was.
  if (places === undefined)
    return request.baseUrl === '' && !entersApp(request) ? templateOf(route) : undefined;
  const [first] = places;
  if (places.length === 1 && first?.template !== undefined) return first.template;
  const path = pathOf(request.originalUrl);
  const place = reached(places, path);
  return place === undefined ? undefined : (place.template ?? templateAt(place, path));
}

/** The values in the path by name, from the path itself: nested routers and errors change what stands in `req.params`. */
export function expressParams(request: RoutedRequest): Readonly<Record<string, unknown>> {
  const { app, route, params = {} } = request;
  if (route === undefined) return params;
  const path = pathOf(request.originalUrl);
  const places = mapOf(app).routes.get(route);
  if (places === undefined) {
    const lost = lostParts(route, path).map(({ name, start, end }) => [
      name,
      decoded(path.slice(start, end)),
    ]);
    return { ...Object.fromEntries(lost), ...params };
  }
  const place = reached(places, path);
  const walk = place && walkTo(place, path);
  if (place === undefined || walk === undefined) return params;
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

/** Where mounts are expressions, or nobody kept their text: the path with names in the place of values, up to the route. */
function templateAt(place: Place, path: string): string | undefined {
  const walk = walkTo(place, path);
  if (walk === undefined) return undefined;
  const parts = walk.parts.filter(({ start }) => start < walk.mounted);
  const mount = withoutParts(path.slice(0, walk.mounted), parts, ({ name }) => `:${name}`);
  return joined(mount, place.layer.route);
}
