import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Things that may be deleted at any time: stamps, tarballs, the results of a run. */
export const cache = join(root, '.cache');

/** @param {string} path @returns {any} */
export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/**
 * Folders of the workspace with a package.json, each after those it depends on.
 *
 * @returns {Array<{ name: string, folder: string, manifest: any }>}
 */
export function workspacePackages() {
  const parents = [
    'packages',
    'examples',
    ...folders('examples').map((name) => `examples/${name}`),
    '.',
    'tools',
  ];
  const found = parents
    .flatMap((parent) => folders(parent).map((name) => join(root, parent, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readJson(join(folder, 'package.json')) }))
    .map(({ folder, manifest }) => ({ name: String(manifest.name), folder, manifest }));
  return inDependencyOrder(found);
}

/** Packages that are published. */
export function publicPackages() {
  return workspacePackages().filter(({ manifest }) => manifest.private !== true);
}

/** @param {Array<{ name: string, folder: string, manifest: any }>} packages */
function inDependencyOrder(packages) {
  const byName = new Map(packages.map((entry) => [entry.name, entry]));
  /** @type {typeof packages} */
  const ordered = [];
  const seen = new Set();
  /** @param {string} name */
  const visit = (name) => {
    const entry = byName.get(name);
    if (entry === undefined || seen.has(name)) return;
    seen.add(name);
    for (const dependency of Object.keys({
      ...entry.manifest.dependencies,
      ...entry.manifest.devDependencies,
    }).sort()) {
      visit(dependency);
    }
    ordered.push(entry);
  };
  for (const name of [...byName.keys()].sort()) visit(name);
  return ordered;
}

/** @param {string} parent @returns {string[]} */
function folders(parent) {
  const path = join(root, parent);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map((entry) => entry.name)
    .sort();
}

/** One hash over the names and contents of files and folders. @param {readonly string[]} paths */
export function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) hashInto(hash, path);
  return hash.digest('hex');
}

/** @param {import('node:crypto').Hash} hash @param {string} path */
function hashInto(hash, path) {
  if (!existsSync(path)) return;
  /** @type {import('node:fs').Dirent[] | undefined} */
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch {
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name !== 'node_modules' && entry.name !== 'dist') hashInto(hash, join(path, entry.name));
  }
}

/** Whether `name` was last stamped with `value`. @param {string} name @param {string} value */
export function isStamped(name, value) {
  const path = join(cache, 'stamps', name);
  return existsSync(path) && readFileSync(path, 'utf8') === value;
}

/** @param {string} name @param {string} value */
export function stamp(name, value) {
  mkdirSync(join(cache, 'stamps'), { recursive: true });
  writeFileSync(join(cache, 'stamps', name), value);
}
