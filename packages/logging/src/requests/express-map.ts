import { type Layer, readerOf } from './express-layer.js';
import type { PathPart } from './path-pattern.js';

/** A layer, with the mounts on the way to it. */
export interface Place {
  readonly mounts: readonly Layer[];
  readonly layer: Layer;
  /** The whole template of a route, when it is the same for all paths. */
  readonly template: string | undefined;
}

/** All that an application has mounted. It is drawn again when something was added. */
export interface RouteMap {
  readonly stacks: ReadonlyArray<{ readonly stack: readonly Layer[]; readonly length: number }>;
  readonly routes: ReadonlyMap<object, readonly Place[]>;
  readonly places: readonly Place[];
  /** The places with secret names, by whoever says which those are. */
  readonly secret: WeakMap<object, readonly Place[]>;
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
export const mountedApp = 'mounted_app';

/** How deep routers may be nested before we stop looking. */
const deepest = 16;

const nothing: RouteMap = { stacks: [], routes: new Map(), places: [], secret: new WeakMap() };

export function mapOf(app: object | undefined): RouteMap {
  if (app === undefined) return nothing;
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

export function joined(mount: string, route: object | undefined): string | undefined {
  const own = route === undefined ? undefined : templateOf(route);
  if (own === undefined || mount === '') return own;
  return own === '/' ? mount : `${mount}${own}`;
}

export function templateOf(route: object): string | undefined {
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

/** A router may be mounted more than once; then the path tells. */
export function reached(places: readonly Place[], path: string): Place | undefined {
  return places.length < 2 ? places[0] : places.find((place) => walkTo(place, path) !== undefined);
}

export function walkTo({ mounts, layer }: Place, path: string): Walk | undefined {
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

export function moved(parts: readonly PathPart[], by: number): readonly PathPart[] {
  return by === 0 ? parts : parts.map(({ name, start, end }) => ({ name, start: start + by, end: end + by }));
}
