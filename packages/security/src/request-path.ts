import { invalidOption } from '@seaworthy/contracts';

/**
 * Whether a request's path lies under one of the given ones, a segment at a time: `/api` holds `/api` and `/api/x`, never
 * `/apis`. Built to be asked two ways, because routers differ in what they decode.
 */
export interface PathSet {
  /** Could any router take the path as one of these? Escapes, doubled slashes, dots, capitals and what follows a `;` are undone. */
  mayHold(url: string): boolean;
  /** Does the path, written plainly, lie here? A path with tricks in it never does. */
  plainlyHolds(url: string): boolean;
}

/** What two routers may read differently. */
const tricks = /%|\/[./]|\\/;

/** Compiles paths that begin with `/`. */
export function pathSet(paths: readonly string[]): PathSet {
  const written = prefixesOf(paths.map(plain));
  const meant = prefixesOf([...written, ...paths.map(undo)]);
  const undone = prefixesOf(paths.map((path) => anyCase(undo(path))));
  const mayBe = (path: string): boolean =>
    isUnder(meant, plain(path)) || (tricks.test(path) && isUnder(undone, anyCase(undo(path))));
  return {
    mayHold: (url) => {
      const path = pathOf(url);
      const end = path.indexOf(';'); // where a path ends for Fastify with useSemicolonDelimiter
      return mayBe(path) || (end !== -1 && mayBe(path.slice(0, end)));
    },
    plainlyHolds: (url) => {
      const path = pathOf(url);
      return !tricks.test(path) && isUnder(written, plain(path));
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

/** As Express compares without regard to case: Greek has two small letters for one capital. */
function anyCase(path: string): string {
  return path.toUpperCase();
}

function prefixesOf(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.map((path) => path.replace(/\/+$/, '')))];
}

function isUnder(prefixes: readonly string[], path: string): boolean {
  return prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}

/** Escapes are bytes of UTF-8, several to a letter. */
function undo(path: string): string {
  const decoded = path.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) =>
    Buffer.from(bytes.replaceAll('%', ''), 'hex').toString(),
  );
  const segments: string[] = [];
  for (const segment of decoded.replaceAll('\\', '/').split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/').toLowerCase()}`;
}
