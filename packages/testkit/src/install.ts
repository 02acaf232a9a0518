import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { optionsOf } from '@seaworthy/contracts';
import { aptInstall } from './apt-install.js';
import { type Engine, engines, isInstalled, unavailable } from './engines.js';
import { withLock } from './lock.js';

export interface EnsureInstalledOptions {
  /** Gets a line about each step of an installation, and a sign of life every 15 s. @defaultValue writes to stderr */
  readonly onProgress?: (line: string) => void;
}

const readOptions = optionsOf<EnsureInstalledOptions>('ensureInstalled', { onProgress: true });

/** `yes` or `no` answers in advance whether missing servers may be installed. */
export const installVariable = 'SEAWORTHY_INSTALL';

/**
 * Makes sure that the programs of these engines are on this machine. On Debian and Ubuntu, as root, it installs the missing
 * packages, says so first, asks on a terminal, and starts none of their system services. At most one process of the
 * machine installs at a time.
 *
 * @throws ServerUnavailable when one is missing and may not or cannot be installed; it says what to install.
 *
 * @example
 * await ensureInstalled(['postgres', 'redis']);
 */
export async function ensureInstalled(
  wanted: readonly Engine[],
  options: EnsureInstalledOptions = {},
): Promise<void> {
  const { onProgress = (line: string) => void process.stderr.write(`${line}\n`) } = readOptions(options);
  if (missingOf(wanted).length === 0) return;
  await withLock('apt-install', async () => {
    const missing = missingOf(wanted);
    if (missing.length === 0) return;
    const obstacle = await obstacleTo(missing);
    if (obstacle !== undefined) throw unavailable(missing, obstacle);
    try {
      await aptInstall({ packages: missing.map((engine) => engines[engine].debianPackage), onProgress });
    } catch (error) {
      throw unavailable(
        missing,
        `apt-get failed (${error instanceof Error ? error.message : String(error)})`,
      );
    }
    const still = missingOf(missing);
    if (still.length > 0)
      throw unavailable(still, 'the package was installed and its programs were not found');
  });
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
