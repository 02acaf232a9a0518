import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { needsBuild, startFixture } from './support/run-fixture.js';
import { linesOf, parseLines, tempFolder } from './support/temp-folder.js';

beforeAll(needsBuild);

/** script(1) of util-linux gives its child a terminal of its own. */
const programs = { terminal: 'script' };

test.each(['production', 'development'])(
  '[row 82] in %s, errors are in error.log, everything is in combined.log and on stdout, start and stop included',
  async (environment) => {
    const folder = tempFolder();
    const { exited, output } = startFixture('destinations', [folder, environment]);
    expect(await exited).toEqual({ code: 0, signal: null });
    const messages = ['Started', 'Payment failed', 'Hostile', 'Stopped'];
    const combined = linesOf(join(folder, 'logs/combined.log'));
    expect(combined.map(({ message }) => message)).toEqual(messages);
    expect(combined[0]).toMatchObject({ service: 'kpi-backend', environment });
    expect(parseLines(output.stdout)).toEqual(combined);
    expect(linesOf(join(folder, 'logs/error.log'))).toEqual([combined[1]]);
  },
);

test('pretty lines are for people: one line each, stacks below, and no control character', async () => {
  const folder = tempFolder();
  const { exited, output } = startFixture('destinations', [folder, 'development', 'pretty']);
  await exited;
  const [started, failed, errorLine, ...rest] = output.stdout.split('\n');
  expect(started).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}Started port=3001$/);
  expect(failed).toMatch(/ERROR Payment failed error=\{"name":"Error","message":"boom","cause":/);
  expect(errorLine).toBe('    Error: boom');
  expect(rest.join('\n')).toContain('WARN  Hostile text=\\u001b[31m\\u202e list=[1,"a b"]');
  expect(output.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  // The files stay JSON.
  expect(readFileSync(join(folder, 'logs/combined.log'), 'utf8')).toContain('"message":"Started"');
});

test('on a terminal lines are for people and in colour, without being asked for, and files stay JSON', (context) => {
  const folder = tempFolder();
  const fixture = fileURLToPath(new URL('fixtures/destinations.mjs', import.meta.url));
  const command = `'${process.execPath}' '${fixture}' '${folder}' development`;
  const { error, status, stdout } = spawnSync(programs.terminal, ['-qec', command, '/dev/null'], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
    timeout: 60_000,
  });
  if (error !== undefined) return context.skip('there is no script(1)');
  expect(status).toBe(0);
  const [started, failed] = stdout.split('\r\n');
  expect(started).toMatch(/^\S*\d\d:\d\d:\d\d\.\d{3}.*\u001b\[32mINFO .*Started/);
  expect(failed).toMatch(/\u001b\[31mERROR.*Payment failed/);
  expect(stdout).toContain('\u001b[0m\\u001b[31m\\u202e');
  expect(linesOf(join(folder, 'logs/combined.log'))).toHaveLength(4);
});
