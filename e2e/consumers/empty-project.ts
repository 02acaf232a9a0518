import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ProgramEnd, runProgram } from './run-program.js';

const prefix = 'seaworthy-consumers-';

/** What npm says when the registry cannot be reached, which is no fault of ours. */
const unreachable =
  /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED)\b|SOCKET_TIMEOUT/;

/** A project outside of the repository, so that nothing of the repository's own resolves in it. */
export interface EmptyProject extends Disposable {
  readonly folder: string;
  /** Entries of the installed packages, as they are imported: `@seaworthy/health/express`. */
  entries(): readonly string[];
  /** Folders of files that the packages export: `@seaworthy/db-pool/roles/*`. */
  files(): readonly string[];
  /** Installs by npm. Returns why it could not, when that is the network. */
  install(specs: readonly string[]): Promise<string | undefined>;
  /** Puts a folder of e2e/consumers into the project, under another name when given. */
  add(consumer: string, as?: string): string;
  write(path: string, text: string): void;
  run(file: string, args: readonly string[], cwd?: string): Promise<ProgramEnd>;
}

export function emptyProject(): EmptyProject {
  removeLeftBehind();
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  const run = (file: string, args: readonly string[], cwd = '.'): Promise<ProgramEnd> =>
    runProgram(file, args, { cwd: join(folder, cwd) });
  return {
    folder,
    run,
    entries: () => exportsOf(folder).filter((entry) => !entry.endsWith('/*')),
    files: () => exportsOf(folder).filter((entry) => entry.endsWith('/*')),
    async install(specs) {
      const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--fetch-retries=1'];
      const attempt = () =>
        runProgram('npm', ['install', ...flags, ...specs], { cwd: folder, timeoutMs: 140_000 });
      const first = await attempt();
      // A network that failed once is asked once more: what has come is in npm's cache.
      const again = first.code === null || (first.code !== 0 && unreachable.test(first.stderr));
      const { code, stderr } = again ? await attempt() : first;
      if (code === 0) return undefined;
      const reason = `npm install ${code === null ? 'took too long' : `ended with ${code}`}: ${stderr.slice(-1_500)}`;
      if ((code !== null && !unreachable.test(stderr)) || process.env.CI === 'true') throw new Error(reason);
      process.stderr.write(`Skipped: consumers of the packed packages. ${reason}\n`);
      return reason;
    },
    add(consumer, as = consumer) {
      cpSync(fileURLToPath(new URL(consumer, import.meta.url)), join(folder, as), { recursive: true });
      return as;
    },
    write(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function exportsOf(folder: string): string[] {
  return readdirSync(join(folder, 'node_modules/@seaworthy')).flatMap((name) => entriesOf(folder, name));
}

function entriesOf(folder: string, name: string): string[] {
  const text = readFileSync(join(folder, 'node_modules/@seaworthy', name, 'package.json'), 'utf8');
  const { exports }: { readonly exports: object } = JSON.parse(text);
  return Object.keys(exports)
    .filter((entry) => entry !== './package.json')
    .map((entry) => `@seaworthy/${name}${entry.slice(1)}`);
}

/** Projects of test processes that were killed. */
function removeLeftBehind(): void {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(prefix))) {
    const pid = Number(/^\d+/.exec(name.slice(prefix.length))?.[0]);
    try {
      process.kill(pid, 0);
    } catch {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    }
  }
}
