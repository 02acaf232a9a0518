import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The Node lines that are there to run: the one that runs this, and on Linux x64 those that package.json names.
 *
 * @returns {ReadonlyArray<{ name: string, path: string }>}
 */
export function nodes() {
  const others = ['node22', 'node24', 'node26']
    .map((name) => ({ name, path: fileURLToPath(new URL(`node_modules/${name}/bin/node`, import.meta.url)) }))
    .filter(({ path }) => existsSync(path));
  return [{ name: `node${process.versions.node.split('.')[0]}`, path: process.execPath }, ...others];
}
