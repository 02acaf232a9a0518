import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { describeWith, findProgram, waitFor } from '../src/index.js';
import { portAnswers } from '../src/port-probe.js';
import { openRun } from '../src/run.js';
import { nestedVitest } from './nested-vitest.js';

// A vitest within the vitest, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'seaworthy-run-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describeWith(['private postgres'], 'a shared server', () => {
  test('with the global setup all workers of a run share one server', async () => {
    const path = join(scratch, 'report');
    await using vitest = nestedVitest('uses-shared', { NESTED_RUN: 'yes', NESTED_REPORT: path });
    expect([await vitest.exited, vitest.stderr]).toEqual([{ code: 0, signal: null }, '']);
    const lines = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    expect(lines).toHaveLength(4);
    expect(new Set(lines.map(([pid]) => pid)).size).toBe(2);
    expect(new Set(lines.map(([, port]) => port)).size).toBe(1);
  });

  test('without the global setup a file has a server of its own, and it ends with the file', async () => {
    const path = join(scratch, 'alone');
    await using vitest = nestedVitest('uses-shared-too', { NESTED_REPORT: path });
    expect((await vitest.exited).code).toBe(0);
    const ports = new Set(
      readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[1]),
    );
    expect(ports.size).toBe(1);
    const port = Number([...ports][0]);
    await waitFor(
      () =>
        portAnswers(port).then(
          () => false,
          () => true,
        ),
      { what: 'the server to be gone' },
    );
  });
});

test('a run that is closed leaves no folder and no reaper', async () => {
  const run = await openRun();
  const reaper = JSON.parse(readFileSync(join(run.folder, 'reaper.json'), 'utf8')) as { pid: number };
  await run.close();
  expect(existsSync(run.folder)).toBe(false);
  await waitFor(() => /^$|Z/.test(readState(reaper.pid)), { what: 'the reaper to end' });
});

describeWith(['private redis'], 'beside Redis', () => {
  test('a suite whose servers cannot be had is skipped aloud on a laptop and fails when CI is true', async () => {
    // A machine that has Redis and nothing else.
    const programs = join(scratch, 'programs');
    mkdirSync(programs);
    // Redis does not run as root, and must reach it.
    chmodSync(scratch, 0o755);
    symlinkSync(findProgram('redis-server') ?? '', join(programs, 'redis-server'));
    const env = {
      SEAWORTHY_SERVER_PATH: programs,
      SEAWORTHY_INSTALL: 'no',
      SEAWORTHY_MYSQL_URL: 'mysql://somewhere/db',
    };
    await using laptop = nestedVitest('needs-servers', env);
    const { code } = await laptop.exited;
    expect([code, laptop.stderr]).toEqual([0, expect.stringContaining('Skipped')]);
    expect(laptop.stdout).toMatch(/✓ .*ran beside Redis/);
    expect(laptop.stdout).toMatch(/✓ .*ran beside a MySQL of the environment/);
    expect(laptop.stdout).toMatch(/↓ .*with what is not here > deeper > ran beside HAProxy/);
    const said = laptop.stdout + laptop.stderr;
    expect(said).toMatch(
      /Skipped: with what is not here\. HAProxy cannot be started here.*apt-get install haproxy/,
    );
    // A server of the environment is never killed, so naming one would not help the second suite.
    expect(said).toMatch(
      /Skipped: with a PostgreSQL that is only used\. .*set SEAWORTHY_POSTGRES_URL to a running/,
    );
    expect(said).toMatch(/Skipped: with a PostgreSQL of its own\. .*apt-get install postgresql\)\.\n/);

    await using ci = nestedVitest('needs-servers', { ...env, CI: 'true' });
    expect((await ci.exited).code).toBe(1);
    expect(ci.stdout).toMatch(/✓ .*ran beside Redis/);
    expect(ci.stdout).toMatch(/× .*has the servers that it needs/);
  });
});

function readState(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  } catch {
    return '';
  }
}
