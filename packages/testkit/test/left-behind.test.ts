import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { baseFolder } from '../src/base-folder.js';
import { describeWith, freePort, waitFor } from '../src/index.js';
import { nestedVitest } from './nested-vitest.js';
import { presentOf, segmentsOf } from './segments.js';

interface Report {
  readonly worker: number;
  readonly ports: readonly number[];
  /** Of one of the servers: `<run>/sessions/<session>/<server>`. */
  readonly folder: string;
  /** Of the System V segments of all PostgreSQL servers, as `shmid`. */
  readonly segments: readonly string[];
}

// Each starts a vitest with six servers, on a machine that may be busy with more of them.
vi.setConfig({ testTimeout: 180_000 });

let scratch: string;
beforeAll(() => {
  // A vitest that is killed leaves folders of its own in TMPDIR.
  scratch = mkdtempSync(join(tmpdir(), 'sw-'));
  chmodSync(scratch, 0o755);
  const templates = join(baseFolder(), 'templates');
  if (!existsSync(templates)) return;
  const own = join(scratch, basename(baseFolder()));
  mkdirSync(own, { mode: 0o711 });
  execFileSync('cp', ['-a', templates, own]);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function startHolder(
  run: 'yes' | 'no',
): Promise<{ vitest: ReturnType<typeof nestedVitest>; report: Report; run: string }> {
  const path = join(scratch, `report-${await freePort()}.json`);
  const vitest = nestedVitest('holds-servers', { NESTED_RUN: run, NESTED_REPORT: path, TMPDIR: scratch });
  await Promise.race([
    waitFor(() => existsSync(path), { timeoutMs: 100_000, what: 'the servers of the nested vitest' }),
    vitest.exited.then(() =>
      Promise.reject(new Error(`The nested vitest ended:\n${vitest.stdout}${vitest.stderr}`)),
    ),
  ]);
  const said = JSON.parse(readFileSync(path, 'utf8')) as Omit<Report, 'segments'>;
  const folder = dirname(dirname(dirname(said.folder)));
  const segments = segmentsOf(folder);
  // Otherwise their absence later would prove nothing.
  expect(processesIn(folder).length).toBeGreaterThanOrEqual(6);
  expect(segments.length).toBe(3);
  expect(presentOf(segments)).toEqual(segments);
  return { vitest, report: { ...said, segments }, run: folder };
}

async function expectNothingLeft(run: string, report: Report): Promise<void> {
  await waitFor(() => processesIn(run).length === 0, { timeoutMs: 60_000, what: 'the servers to be gone' });
  await waitFor(() => !existsSync(run), { timeoutMs: 60_000, what: 'the run folder to be gone' });
  for (const port of report.ports) await waitFor(() => !listensOn(port));
  expect(presentOf(report.segments)).toEqual([]);
}

describeWith(['private postgres', 'private mysql', 'private redis'], 'after a kill', () => {
  test('nothing is left of a run whose vitest was killed with SIGKILL, frozen and shared servers included', async () => {
    const { vitest, report, run } = await startHolder('yes');
    vitest.kill('SIGKILL');
    await expectNothingLeft(run, report);
    kill(report.worker);
  });

  test('nothing is left when the worker that owns its run is killed with SIGKILL', async () => {
    const { vitest, report, run } = await startHolder('no');
    kill(report.worker);
    await expectNothingLeft(run, report);
    await vitest[Symbol.asyncDispose]();
  });

  test('of a worker that was killed, only what it shared lives on, until the run ends', async () => {
    const { vitest, report, run } = await startHolder('yes');
    kill(report.worker);
    const session = dirname(report.folder);
    await waitFor(() => !existsSync(session), {
      timeoutMs: 60_000,
      what: 'the folder of the worker to be gone',
    });
    expect(processesIn(session)).toEqual([]);
    // vitest itself may end the run now, because its worker is gone.
    if (existsSync(run)) vitest.kill('SIGKILL');
    await expectNothingLeft(run, report);
    await vitest[Symbol.asyncDispose]();
  });

  test('a run whose reaper was killed as well is cleared by the next run', async () => {
    const { vitest, report, run } = await startHolder('yes');
    const reaper = JSON.parse(readFileSync(join(run, 'reaper.json'), 'utf8')) as { pid: number };
    kill(reaper.pid);
    vitest.kill('SIGKILL');
    kill(report.worker);
    await vitest.exited;
    expect(processesIn(join(run, 'shared')).length).toBeGreaterThan(0);
    const env = { NESTED_RUN: 'yes', NESTED_REPORT: join(scratch, 'next'), TMPDIR: scratch };
    await using next = nestedVitest('uses-shared-too', env);
    await expectNothingLeft(run, report);
    expect((await next.exited).code).toBe(0);
  });
});

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Every process that runs inside the folder, whoever its parent is. */
function processesIn(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(`${folder}/`);
    } catch {
      return false;
    }
  });
}

function listensOn(port: number): boolean {
  const hex = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .some((line) => line.includes(` ${hex} `) && line.includes(' 0A '));
}
