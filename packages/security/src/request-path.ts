import { invalidOption } from '@seaworthy/contracts';

/**
 * Whether a request's path lies under one of the given ones, a segment at a time: `/api` holds `/api` and `/api/x`, never
 * `/apis`. Built to be asked two ways, because routers differ in what they decode.
 */
export interface PathSet {
  /** Could any router take the path as one of these? Escapes, doubled slashes, dots and capitals are undone. */
  mayHold(url: string): boolean;
  /** Does the path, written plainly, lie here? A path with tricks in it never does. */
  plainlyHolds(url: string): boolean;
}

/** What two routers may read differently. */
const tricks = /%|\/[./]|\\/;

/** Compiles paths that begin with `/`. */
export function pathSet(paths: readonly string[]): PathSet {
  const prefixes = paths.map((path) => plain(path).replace(/\/+$/, ''));
  const under = (path: string): boolean =>
    prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
  return {
    mayHold: (url) => {
      const path = pathOf(url);
      return under(plain(path)) || (tricks.test(path) && under(undo(path)));
    },
    plainlyHolds: (url) => {
      const path = pathOf(url);
      return !tricks.test(path) && under(plain(path));
    },
  };
}

/**
 * Whether a path is one of these or lies under one, letter for letter and with no trick in it. Cheap enough for every request.
 */
export function exactPaths(paths: readonly string[]): (url: string) => boolean {
  const prefixes = paths.map((path) => path.replace(/\/+$/, ''));
  return (url) => {
    for (const prefix of prefixes) {
      if (!url.startsWith(prefix)) continue;
      const next = url.charAt(prefix.length);
      if (next === '' || next === '?' || next === '#') return true;
      if (next === '/') return !tricks.test(pathOf(url));
    }
    return false;
  };
}

/** @throws OptionsError for what is no list of paths. */
export function readPaths(owner: string, name: string, paths: readonly string[]): readonly string[] {
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === 'string' && path.startsWith('/'))) {
    throw invalidOption(owner, name, 'a list of paths that begin with /');
  }
  return paths;
}

/** Clients may send a whole URL as the target (RFC 9112, 3.2.2), and routers then read its path. */
function pathOf(url: string): string {
  const path = url.startsWith('/') ? url : url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  const end = path.search(/[?#]/);
  return end === -1 ? path : path.slice(0, end);
}

function plain(path: string): string {
  return path.toLowerCase();
}

function undo(path: string): string {
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const segments: string[] = [];
  for (const segment of decoded.replaceAll('\\', '/').split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/').toLowerCase()}`;
}
