import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram, size } from '@seaworthy/testkit';

const run = promisify(execFile);

export interface SqlmapTarget {
  readonly url: string;
  /** A body of JSON, which is posted. */
  readonly body?: object;
  /** The Cookie header. */
  readonly cookie?: string;
  /** What is attacked at test size; at soak size it is every parameter, and the cookie. */
  readonly parameters: string;
  readonly dbms: 'PostgreSQL' | 'MySQL';
}

export interface SqlmapFinding {
  /** Parameters that were found injectable. */
  readonly injectable: readonly string[];
  /** HTTP statuses of errors with how often they came, as sqlmap counted them. */
  readonly errors: ReadonlyMap<number, number>;
  /** Everything that it said. */
  readonly said: string;
}

/**
 * Attacks with sqlmap at level 2, for the database that there is. At test size with what needs no waiting, on the named parameters; at
 * soak size with every technique, on all parameters and the cookie.
 */
export async function sqlmap({ url, body, cookie, parameters, dbms }: SqlmapTarget): Promise<SqlmapFinding> {
  const folder = await mkdtemp(join(tmpdir(), 'seaworthy-sqlmap-'));
  const args = [
    ...['--batch', '--flush-session', '--disable-coloring', '--level=2', `--output-dir=${folder}`],
    // A refusal is an answer like another one.
    ...['--ignore-code=400,401,403,404,422', '--timeout=30', '--retries=1', `--url=${url}`],
    ...(body === undefined ? [] : [`--data=${JSON.stringify(body)}`]),
    ...(cookie === undefined ? [] : [`--cookie=${cookie}`]),
    `--dbms=${dbms}`,
    ...size({ test: ['-p', parameters, '--technique=BEU'], soak: [] }),
  ];
  try {
    const { stdout } = await run(findProgram('sqlmap') ?? 'sqlmap', args, {
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: folder, LANG: 'C.UTF-8' },
      maxBuffer: 64 * 1024 ** 2,
    });
    return {
      injectable: [...stdout.matchAll(/^Parameter: (.+)$/gm)].map(([, name = '']) => name),
      errors: new Map(
        [...stdout.matchAll(/\b(\d{3}) \([\w ]+\) - (\d+) times/g)].map(([, status, times]) => [
          Number(status),
          Number(times),
        ]),
      ),
      said: stdout,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
