import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { optionsOf } from '@seaworthy/contracts';
import { aptInstall } from './apt-install.js';
import { answeringDocker, dockerVariable, inDocker } from './docker.js';
import { type Engine, engines, isInstalled, unavailable } from './engines.js';
import { withLock } from './lock.js';

export interface EnsureInstalledOptions {
  /** Gets a line about each step of an installation, and a sign of life every 15 s. @defaultValue writes to stderr */
  readonly onProgress?: (line: string) => void;
}

const readOptions = optionsOf<EnsureInstalledOptions>('ensureInstalled', { onProgress: true });

/** `yes` or `no` answers in advance whether missing servers may be installed. */
export const installVariable = 'SEAWORTHY_INSTALL';

/** An engine, and whether a running server that the environment names would do as well. */
export interface WantedEngine {
  readonly engine: Engine;
  readonly shareable: boolean;
}

/**
 * Makes sure that servers of these engines can be started on this machine. On Debian and Ubuntu, as root, it installs the
 * missing packages, says so first, asks on a terminal, and starts none of their system services. At most one process of the
 * machine installs at a time. What is then still missing may run in Docker, where `SEAWORTHY_DOCKER=yes` allows it and a
 * daemon answers.
 *
 * @throws ServerUnavailable when one is missing and may not or cannot be installed; it says what to do.
 *
 * @example
 * await ensureInstalled(['postgres', 'redis']);
 */
export async function ensureInstalled(
  wanted: readonly Engine[],
  options: EnsureInstalledOptions = {},
): Promise<void> {
  const { onProgress = sayOnStderr } = readOptions(options);
  await ensureEngines(
    wanted.map((engine) => ({ engine, shareable: false })),
    onProgress,
  );
}

/** As {@link ensureInstalled}, with advice that fits what the caller wants to do. */
export async function ensureEngines(
  wanted: readonly WantedEngine[],
  onProgress: (line: string) => void = sayOnStderr,
): Promise<void> {
  const names = wanted.map(({ engine }) => engine);
  if (missingOf(names).length === 0) return;
  const reason = await withLock('apt-install', () => install(missingOf(names), onProgress));
  const missing = missingOf(names);
  if (missing.length === 0) return;
  const allowed = process.env[dockerVariable] === 'yes';
  const answers = inDocker(missing).length > 0 && (await answeringDocker()) !== undefined;
  const without =
    allowed && answers ? missing.filter((engine) => !inDocker([engine]).includes(engine)) : missing;
  if (without.length === 0) return;
  throw unavailable(without, reason, {
    shareable: wanted.filter(({ shareable }) => shareable).map(({ engine }) => engine),
    otherwise:
      answers && !allowed
        ? `set ${dockerVariable}=yes: a Docker daemon answers, and there are images of ${titlesOf(inDocker(missing))}`
        : undefined,
  });
}

export function sayOnStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Installs what may be installed, and resolves with why the rest is still missing. */
async function install(missing: readonly Engine[], onProgress: (line: string) => void): Promise<string> {
  if (missing.length === 0) return 'it is not installed';
  const obstacle = await obstacleTo(missing);
  if (obstacle !== undefined) return obstacle;
  try {
    await aptInstall({ packages: missing.map((engine) => engines[engine].debianPackage), onProgress });
    return 'the package was installed and its programs were not found';
  } catch (error) {
    return `apt-get failed (${error instanceof Error ? error.message : String(error)})`;
  }
}

function titlesOf(wanted: readonly Engine[]): string {
  return wanted.map((engine) => engines[engine].title).join(' and ');
}

function missingOf(wanted: readonly Engine[]): readonly Engine[] {
  return wanted.filter((engine) => !isInstalled(engine));
}

/** Why nothing may be installed here, or `undefined` when it may. */
async function obstacleTo(missing: readonly Engine[]): Promise<string | undefined> {
  if (!existsSync('/etc/debian_version')) return 'it is not installed, and this is not Debian or Ubuntu';
  if (process.getuid?.() !== 0) return 'it is not installed, and installing it needs root';
  const answer = process.env[installVariable] ?? (process.stdin.isTTY ? await ask(missing) : 'yes');
  return answer === 'yes' ? undefined : `it is not installed, and ${installVariable} is not "yes"`;
}

async function ask(missing: readonly Engine[]): Promise<'yes' | 'no'> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const packages = missing.map((engine) => engines[engine].debianPackage).join(' ');
    const answer = await terminal.question(
      `The tests need servers that are not installed. Run "apt-get install ${packages}" now, without starting system services? [y/N] `,
    );
    return /^y(es)?$/i.test(answer.trim()) ? 'yes' : 'no';
  } finally {
    terminal.close();
  }
}
