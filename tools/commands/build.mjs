import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { report, run, step } from '../lib/terminal.mjs';
import { hashOf, isStamped, root, stamp, workspacePackages } from '../lib/workspace.mjs';

const tsup = join(root, 'node_modules', 'tsup', 'dist', 'cli-default.js');
const tsc = join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc');

/**
 * Builds every package whose sources, or whose dependencies' sources, changed since its last build.
 *
 * @param {readonly string[]} [args] `--force` builds all; names build only those and what they need.
 */
export async function main(args = []) {
  const all = workspacePackages();
  const packages = all.filter(({ manifest, folder }) => isBuilt(manifest, folder));
  // What is not built itself (shared pages, types) still makes stale whatever is built from it.
  const hashes = sourceHashes(all);
  const named = args.filter((arg) => !arg.startsWith('--'));
  const wanted = named.length === 0 ? packages : withNeeds(packages, named);
  const stale = wanted.filter(
    ({ name, folder }) =>
      args.includes('--force') ||
      !existsSync(join(folder, 'dist')) ||
      !isStamped(stampName(name), hashes.get(name) ?? ''),
  );
  if (stale.length === 0) return 0;
  await step(`Building ${stale.length} of ${wanted.length} packages`, () =>
    buildAll(stale, (name) => stamp(stampName(name), hashes.get(name) ?? '')),
  );
  return 0;
}

/**
 * Builds each when what it needs is built, as many at a time as there are processors. After a failure nothing new begins.
 *
 * @param {ReturnType<typeof workspacePackages>} packages in dependency order
 * @param {(name: string) => void} onBuilt
 */
async function buildAll(packages, onBuilt) {
  const waiting = [...packages];
  const unbuilt = new Set(packages.map(({ name }) => name));
  /** @type {Set<Promise<void>>} */
  const underWay = new Set();
  const ready = () => {
    const at = waiting.findIndex(({ manifest }) => needsOf(manifest).every((need) => !unbuilt.has(need)));
    // Where packages need each other, the first goes first.
    return at === -1 && underWay.size === 0 && waiting.length > 0 ? 0 : at;
  };
  while (unbuilt.size > 0) {
    for (let at = ready(); at !== -1 && underWay.size < availableParallelism(); at = ready()) {
      const [entry] = waiting.splice(at, 1);
      if (entry === undefined) break;
      const work = build(entry).then(() => {
        onBuilt(entry.name);
        unbuilt.delete(entry.name);
        underWay.delete(work);
      });
      underWay.add(work);
    }
    try {
      await Promise.race(underWay);
    } catch (error) {
      await Promise.allSettled(underWay);
      throw error;
    }
  }
}

/** Names of packages, ours and others'. @param {any} manifest */
function needsOf(manifest) {
  return Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
}

/**
 * The named packages (with or without their scope) and all that they depend on.
 *
 * @param {ReturnType<typeof workspacePackages>} packages in dependency order
 * @param {readonly string[]} names
 */
function withNeeds(packages, names) {
  const wanted = new Set();
  for (const { name, manifest } of packages.toReversed()) {
    if (!wanted.has(name) && !names.some((given) => name === given || name.endsWith(`/${given}`))) continue;
    wanted.add(name);
    for (const need of needsOf(manifest)) wanted.add(need);
  }
  return packages.filter(({ name }) => wanted.has(name));
}

/** @param {any} manifest @param {string} folder */
function isBuilt(manifest, folder) {
  return existsSync(join(folder, 'tsconfig.build.json')) || manifest.scripts?.build !== undefined;
}

/** @param {string} name */
function stampName(name) {
  return `built-${name.replaceAll(/[@/]/g, '_')}`;
}

/** Everything in a package but its tests and what is made from it. @param {string} folder */
function sourcesOf(folder) {
  return readdirSync(folder)
    .filter((name) => !['node_modules', 'dist', 'test', 'README.md', 'CHANGELOG.md'].includes(name))
    .sort()
    .map((name) => join(folder, name));
}

/** @param {ReturnType<typeof workspacePackages>} packages in dependency order */
function sourceHashes(packages) {
  const shared = hashOf(
    ['tsconfig.base.json', 'tsconfig.build.json', 'tsup.config.mjs', 'tools/commands/build.mjs'].map((file) =>
      join(root, file),
    ),
  );
  /** @type {Map<string, string>} */
  const hashes = new Map();
  for (const { name, folder, manifest } of packages) {
    const own = hashOf(sourcesOf(folder));
    const needs = needsOf(manifest).map((need) => hashes.get(need) ?? '');
    hashes.set(
      name,
      createHash('sha256')
        .update([shared, own, ...needs].join())
        .digest('hex'),
    );
  }
  return hashes;
}

/** @param {{ name: string, folder: string, manifest: any }} entry */
async function build({ name, folder, manifest }) {
  const advice = `mend what it reports, then: npm run build -- ${name}`;
  if (manifest.scripts?.build !== undefined) {
    await run(
      process.execPath,
      [join(root, '.tools/node_modules/pnpm/bin/pnpm.cjs'), '--dir', folder, 'run', 'build'],
      {
        quiet: true,
        advice,
      },
    );
    return;
  }
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  const own = join(folder, 'tsup.config.mjs');
  const config = existsSync(own) ? own : join(root, 'tsup.config.mjs');
  await run(process.execPath, [tsup, '--config', config], { cwd: folder, quiet: true, advice });
  await run(process.execPath, [tsc, '-p', join(folder, 'tsconfig.build.json')], { quiet: true, advice });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await main(process.argv.slice(2)).catch(report);
}
