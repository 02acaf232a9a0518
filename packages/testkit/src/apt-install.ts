import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface AptInstallOptions {
  readonly packages: readonly string[];
  readonly onProgress: (line: string) => void;
  /** For tests: where `etc` and `usr` lie. @defaultValue '/' */
  readonly systemRoot?: string;
  /** For tests. @defaultValue 'apt-get' */
  readonly aptGet?: string;
}

const timeoutMs = 15 * 60_000;
const signOfLifeMs = 15_000;

/** Installs Debian packages without starting their services; puts back what it changed to prevent that. */
export async function aptInstall(options: AptInstallOptions): Promise<void> {
  const { packages, onProgress, systemRoot = '/', aptGet = 'apt-get' } = options;
  onProgress(
    `Installing ${packages.join(', ')} with apt-get, for tests and demos. Their system services are not started.`,
  );
  const failures: string[] = [];
  const undo = [denyServiceStarts(systemRoot)];
  if (packages.includes('postgresql')) undo.push(denyMainCluster(systemRoot));
  const install = (names: readonly string[]): Promise<void> =>
    apt(aptGet, ['install', '--yes', '--no-install-recommends', ...names], onProgress);
  try {
    try {
      await install(packages);
    } catch {
      // Most often the lists are missing or old; or one package does not exist here, and the others shall not suffer.
      onProgress('apt-get install failed; trying again after apt-get update, one package at a time.');
      await apt(aptGet, ['update'], onProgress);
      for (const name of packages) {
        await install([name]).catch((error: unknown) => failures.push(String(error)));
      }
    }
  } finally {
    for (const step of undo.reverse()) step();
  }
  if (failures.length > 0) throw new Error(failures.join('\n'));
  onProgress(`Installed ${packages.join(', ')}.`);
}

/**
 * policy-rc.d decides for Debian's maintainer scripts whether a service may start; 101 forbids it (invoke-rc.d(8)). One
 * that exists is the administrator's and stays. Ours forbids only while this process lives, so that a kill in the middle
 * does not keep services from starting for ever.
 */
function denyServiceStarts(systemRoot: string): () => void {
  const path = join(systemRoot, 'usr/sbin/policy-rc.d');
  if (existsSync(path)) return () => {};
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    `#!/bin/sh\n# Written by the Seaworthy testkit while it installs packages; may be deleted.\nkill -0 ${process.pid} 2>/dev/null && exit 101\nexit 0\n`,
  );
  chmodSync(path, 0o755);
  return () => rmSync(path, { force: true });
}

/** Keeps Debian's PostgreSQL from creating a database cluster of the machine's own. */
function denyMainCluster(systemRoot: string): () => void {
  const path = join(systemRoot, 'etc/postgresql-common/createcluster.conf');
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${before ?? ''}\ncreate_main_cluster = false\n`);
  return () => {
    // With our file in its place, dpkg keeps the package's own beside it.
    const shipped = `${path}.dpkg-dist`;
    if (before !== undefined) writeFileSync(path, before);
    else if (existsSync(shipped)) renameSync(shipped, path);
    else rmSync(path, { force: true });
  };
}

function apt(file: string, args: readonly string[], onProgress: (line: string) => void): Promise<void> {
  const startedAt = performance.now();
  const child = spawn(
    file,
    ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Options::=--force-confold', '-qq', ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        LANG: 'C.UTF-8',
        DEBIAN_FRONTEND: 'noninteractive',
        UCF_FORCE_CONFFOLD: '1',
      },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output = `${output}${text}`.slice(-4_000);
    });
  }
  const signOfLife = setInterval(() => {
    onProgress(
      `apt-get ${args[0]} is still running (${Math.round((performance.now() - startedAt) / 1_000)} s).`,
    );
  }, signOfLifeMs);
  return new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`apt-get ${args[0]}: ${signal ?? `exit ${code}`}: ${output.trim().slice(-800)}`));
    });
  }).finally(() => clearInterval(signOfLife));
}
