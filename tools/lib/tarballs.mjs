import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { main as build } from '../commands/build.mjs';
import { run, StepError } from './terminal.mjs';
import { cache, hashOf, isStamped, publicPackages, root, stamp } from './workspace.mjs';

const pnpm = join(root, '.tools', 'node_modules', 'pnpm', 'bin', 'pnpm.cjs');

/** Where the tarballs lie: the very files that are tested, and published. */
export const tarballFolder = join(cache, 'tarballs');

/**
 * Builds and packs every public package, unless nothing changed since the last time. Processes take turns.
 *
 * @returns {Promise<string[]>} paths of the tarballs
 */
export function packAll() {
  return inTurn(pack);
}

async function pack() {
  const packages = publicPackages();
  await build(packages.map(({ name }) => name));
  const contents = packages.flatMap(({ folder, manifest }) =>
    ['package.json', 'README.md', 'tsconfig.build.json', 'tsup.config.mjs', 'src', ...manifest.files].map(
      (file) => join(folder, file),
    ),
  );
  const hash = hashOf([
    ...contents,
    join(root, 'LICENSE'),
    join(root, 'tsup.config.mjs'),
    join(root, 'tsconfig.build.json'),
  ]);
  const listed = () =>
    existsSync(tarballFolder) ? readdirSync(tarballFolder).map((file) => join(tarballFolder, file)) : [];
  if (isStamped('packed', hash) && listed().length === packages.length) return listed();
  rmSync(tarballFolder, { recursive: true, force: true });
  mkdirSync(tarballFolder, { recursive: true });
  for (const { folder } of packages) {
    await run(process.execPath, [pnpm, '--dir', folder, 'pack', '--pack-destination', tarballFolder], {
      quiet: true,
      behind: true,
    });
  }
  stamp('packed', hash);
  return listed();
}

/**
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function inTurn(work) {
  const lock = join(cache, 'packing.pid');
  mkdirSync(cache, { recursive: true });
  while (!tookLock(lock)) await sleep(100);
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @param {string} lock */
function tookLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (!isAlive(lock)) rmSync(lock, { force: true }); // its owner was killed
    return false;
  }
}

/** @param {string} lock */
function isAlive(lock) {
  try {
    return process.kill(Number(readFileSync(lock, 'utf8')), 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code !== 'ESRCH';
  }
}

/** publint and attw over the tarballs. @returns {Promise<string>} */
export async function checkTarballs() {
  const tarballs = await packAll();
  const bin = (/** @type {string} */ name) => join(root, 'node_modules', '.bin', name);
  for (const tarball of tarballs) {
    await run(bin('publint'), ['run', tarball, '--strict'], { cwd: root, quiet: true, behind: true });
    // esm-only: attw counts require() of an ES module as a failure, Node 20.19 and later do not (the consumer tests show it).
    await run(bin('attw'), [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-color'], {
      cwd: root,
      quiet: true,
      behind: true,
    });
    const { output } = await run('tar', ['-tzf', tarball], { quiet: true, behind: true });
    for (const needed of [
      'package/LICENSE',
      'package/README.md',
      'package/dist/index.js',
      'package/dist/index.d.ts',
    ]) {
      if (!output.split('\n').includes(needed)) {
        throw new StepError(`${tarball} lacks ${needed}`, { advice: 'look at "files" in package.json' });
      }
    }
  }
  return `${tarballs.length} tarballs`;
}
