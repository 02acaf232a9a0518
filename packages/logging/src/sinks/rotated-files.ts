import { createReadStream, createWriteStream, readdirSync, renameSync, rmSync } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { errorCode } from '@seaworthy/contracts';

export interface RotatedFilesOptions {
  /** The log file's own path. */
  readonly path: string;
  readonly gzip: boolean;
  readonly keepFiles: number | undefined;
  readonly keepDays: number | undefined;
}

/** What becomes of a log file once it is full: it gets a name with a time, is compressed, and is deleted when it is old. */
export interface RotatedFiles {
  /** A name that no file has. It does not end in `.log`, so that whoever tails `*.log` does not read the lines twice. */
  freeName(nowMs: number): string;
  /** Compresses and deletes in the background, one run at a time; never rejects. */
  tidy(nowMs: number): Promise<void>;
  /** The code of what failed last in the background. */
  lastError(): string | undefined;
}

const dayMs = 86_400_000;

export function rotatedFiles(options: RotatedFilesOptions): RotatedFiles {
  const { path, gzip, keepFiles, keepDays } = options;
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  let failed: string | undefined;
  let running: Promise<void> | undefined;
  let again: number | undefined;

  /** Newest first. */
  function list(): ReadonlyArray<{ readonly name: string; readonly at: number }> {
    const found = [];
    for (const name of readdirSync(folder)) {
      const at = name.startsWith(prefix) ? timeOf(name.slice(prefix.length)) : undefined;
      if (at !== undefined) found.push({ name, at });
    }
    return found.sort((one, other) => other.at - one.at || (one.name < other.name ? 1 : -1));
  }

  function freeName(nowMs: number): string {
    const stamp = new Date(nowMs).toISOString().replaceAll(':', '');
    const taken = new Set(readdirSync(folder));
    for (let number = 0; ; number += 1) {
      const name = `${prefix}${stamp}${number === 0 ? '' : `-${String(number).padStart(4, '0')}`}`;
      if (!taken.has(name) && !taken.has(`${name}.gz`)) return join(folder, name);
    }
  }

  /** Deletes first: on a full disk that is what makes room for the compressed copies. */
  async function run(nowMs: number): Promise<void> {
    const files = list();
    const toCompress: string[] = [];
    for (const [index, { name, at }] of files.entries()) {
      const tooMany = keepFiles !== undefined && index >= keepFiles;
      const tooOld = keepDays !== undefined && nowMs - at > keepDays * dayMs;
      if (tooMany || tooOld) rmSync(join(folder, name), { force: true });
      else if (name.endsWith('.part')) removeAbandoned(join(folder, name));
      else if (files.some((other) => other.name === `${name}.gz`))
        rmSync(join(folder, name), { force: true });
      else if (gzip && !name.endsWith('.gz')) toCompress.push(name);
    }
    for (const name of toCompress) await compress(join(folder, name));
  }

  return {
    freeName,
    lastError: () => failed,
    tidy(nowMs) {
      if (running !== undefined) {
        again = nowMs;
        return running;
      }
      running = (async () => {
        for (let next: number | undefined = nowMs; next !== undefined; next = again) {
          again = undefined;
          try {
            await run(next);
            failed = undefined;
          } catch (error) {
            const code = errorCode(error);
            failed = typeof code === 'string' ? code : 'UNKNOWN';
          }
        }
        running = undefined;
      })();
      return running;
    },
  };
}

let parts = 0;

/** A name of its own for each copy that is made, because another logger may be at the same file. */
function removeAbandoned(part: string): void {
  const pid = Number(/\.(\d+)-\d+\.part$/.exec(part)?.[1]);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') rmSync(part, { force: true }); // it died while compressing
  }
}

/** The original goes when the copy is on the disk and nobody has written to the original meanwhile. */
async function compress(path: string): Promise<void> {
  const before = await stat(path);
  const part = `${path}.gz.${process.pid}-${parts++}.part`;
  try {
    await pipeline(
      createReadStream(path),
      createGzip(),
      createWriteStream(part, { mode: before.mode & 0o777 }),
    );
    const handle = await open(part, 'r+');
    await handle.sync().finally(() => handle.close());
    if ((await stat(path)).size !== before.size) {
      await rm(part, { force: true });
      return;
    }
    // At once, so that no exit falls between; what SIGKILL leaves twice, the next run tidies up.
    renameSync(part, `${path}.gz`);
    rmSync(path, { force: true });
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

const stampPattern =
  /^(\d{4}-\d\d-\d\dT)(\d\d)(\d\d)(\d\d\.\d{3}Z)(?:-\d{4,})?(?:\.gz(?:\.\d+-\d+\.part)?)?$/;

function timeOf(rest: string): number | undefined {
  const match = stampPattern.exec(rest);
  if (match === null) return undefined;
  const at = Date.parse(`${match[1]}${match[2]}:${match[3]}:${match[4]}`);
  return Number.isNaN(at) ? undefined : at;
}
