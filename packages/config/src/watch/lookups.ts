import { readlinkSync } from 'node:fs';
import { join, parse, resolve, sep } from 'node:path';
import { errorCode } from '@seaworthy/contracts';

/** Told of each entry of a folder that opening a path looks at. */
export type Note = (folder: string, name: string) => void;

/** As many as Linux follows before it says ELOOP. */
const mostLinks = 40;

/**
 * Walks to an absolute path as the system does, through every link. While none of the noted entries changes, the same file
 * is found there; so a swapped link, a renamed parent, a folder that was removed and made again are all seen.
 *
 * @returns where the path ends, or `undefined` when something on the way does not exist.
 */
export function walk(path: string, note: Note): string | undefined {
  const { root } = parse(path);
  let at = root;
  let links = 0;
  const ahead = partsOf(path, root);
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    note(at, name);
    const next = join(at, name);
    const target = linkAt(next);
    if (target === missing) return undefined;
    if (target === undefined) {
      at = next;
      continue;
    }
    links += 1;
    if (links > mostLinks) return undefined;
    ahead.unshift(...partsOf(resolve(at, target), root));
    at = root;
  }
  return at;
}

const missing = Symbol('missing');

function linkAt(path: string): string | undefined | typeof missing {
  try {
    return readlinkSync(path);
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? missing : undefined;
  }
}

function partsOf(path: string, root: string): string[] {
  return path
    .slice(root.length)
    .split(sep)
    .filter((part) => part !== '');
}
