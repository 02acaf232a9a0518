import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  createBackups,
  createPgBackRest,
  local as localFolder,
  postgres as postgresSource,
} from '@seaworthy/backup';
import { createDb } from '@seaworthy/db-pool';
import { postgres } from '@seaworthy/db-pool/postgres';
import { createFakeClock, describeWith, findProgram } from '@seaworthy/testkit';
import pg from 'pg';
import { expect, test } from 'vitest';
import { backupAge, createHealth, createMetrics, local, remote } from '../src/index.js';

const folder = fileURLToPath(new URL('../alerts/', import.meta.url));
const read = (name: string): string => readFileSync(`${folder}${name}`, 'utf8');

/** The metrics in a PromQL expression: names that are no function, no label and no keyword. */
function metricsIn(expression: string): string[] {
  const bare = expression
    .replace(/\{[^}]*\}/g, '')
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '')
    .replace(/\[[^\]]*\]/g, '');
  const words = bare.match(/[a-z_:][\w:]*(?!\w*\s*\()/g) ?? [];
  return words.filter((word) => !['and', 'or', 'unless', 'bool', 'offset'].includes(word));
}

/** The types of what a service with a database, backups and a check of them exports. */
async function exportedTypes(): Promise<Map<string, string>> {
  await using metrics = createMetrics();
  const clock = createFakeClock();
  const health = createHealth({
    metrics,
    clock,
    signals: false,
    checks: { backup: remote(backupAge(async () => new Date())) },
  });
  const db = createDb(postgres(pg), { url: 'postgres://app:app@127.0.0.1:1/app', metrics });
  const sourceUrl = 'postgres://app:app@127.0.0.1:1/app';
  const backups = createBackups({
    sources: { db: postgresSource({ url: sourceUrl }) },
    targets: [localFolder('/nowhere')],
    metrics,
  });
  const cluster = createPgBackRest({ stanza: 'app', config: '/etc/pgbackrest.conf', metrics });
  await clock.advance(1_000);
  metrics.http.begin();
  metrics.http.end('GET', '/', 200, 0.1);
  const { body } = await metrics.scrape();
  await Promise.all([db.close(), health.close(), backups.close(), cluster.close()]);
  return new Map(
    [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]),
  );
}

/** The names of its series. */
async function exported(): Promise<Set<string>> {
  const types = [...(await exportedTypes())];
  return new Set(
    types.flatMap(([name, type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
}

test('every metric in the alerts and on the dashboard is exported under exactly that name', async () => {
  const rules = [...read('seaworthy.rules.yml').matchAll(/^ {8}expr: (?:\|\n((?: {10}.*\n)+)|(.*)\n)/gm)];
  const inRules = rules.map(([, block, line]) => block ?? line ?? '');
  const dashboard: unknown = JSON.parse(read('dashboard.json'));
  const inDashboard = [...JSON.stringify(dashboard).matchAll(/"expr":"((?:[^"\\]|\\.)*)"/g)].map(([, text]) =>
    String(JSON.parse(`"${text}"`)),
  );
  expect([inRules.length, inDashboard.length]).toEqual([19, 28]);
  const known = await exported();
  const used = new Set([...inRules, ...inDashboard].flatMap(metricsIn));
  expect(used.size).toBeGreaterThan(20);
  expect([...used].filter((name) => !known.has(name))).toEqual([]);
});

test('the README has every metric of this package, by its name and type, and no other', async () => {
  const table = /\n\| metric +\|.*\n\| -.*\n((?:\|.*\n)+)/.exec(read('../README.md'))?.[1] ?? '';
  const told = [...table.matchAll(/^\| ([^|]+) \| (\w+) /gm)].flatMap(([, names = '', type]) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => `${name} ${type}`),
  );
  const own = [...(await exportedTypes())].filter(
    ([name]) => !/^(?:db_client|(?:physical_)?backup)_/.test(name),
  );
  expect(own.length).toBeGreaterThan(15);
  expect(told.sort()).toEqual(own.map(([name, type]) => `${name} ${type}`).sort());
});

test('checks are metrics: how they are, and the moments that they have seen', async () => {
  await using metrics = createMetrics({ process: false });
  const clock = createFakeClock();
  const madeAt = new Date(Date.now() - 60_000);
  const health = createHealth({
    metrics,
    clock,
    signals: false,
    random: () => 0.5,
    checks: {
      backup: remote(
        backupAge(async () => madeAt),
        { critical: false },
      ),
      disk: local(async () => ({ status: 'degraded', reason: 'nearly full' })),
      database: remote(async () => Promise.reject(new Error('away'))),
    },
  });
  await clock.advance(10_000);
  const { body } = await metrics.scrape();
  expect(body).toContain('health_check_status{check="backup",critical="false"} 1\n');
  expect(body).toContain('health_check_status{check="disk",critical="true"} 0.5\n');
  expect(body).toContain('health_check_status{check="database",critical="true"} 0\n');
  expect(body).toContain(
    `health_check_timestamp_seconds{check="backup",figure="madeAt"} ${madeAt.getTime() / 1_000}\n`,
  );
  await health.close();
});

describeWith(['prometheus'], 'with promtool', () => {
  const promtool = findProgram('promtool') ?? 'promtool';
  const run = (...args: string[]): string =>
    execFileSync(promtool, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });

  test('[row 77] the alerts pass promtool check rules and their own tests', () => {
    expect(run('check', 'rules', 'seaworthy.rules.yml')).toContain('19 rules found');
    const files = ['seaworthy.rules.test.yml', 'backup.rules.test.yml'];
    for (const file of files) expect(run('test', 'rules', file)).toContain('SUCCESS');
    const tests = files.map(read).join('');
    const tested = new Set([...tests.matchAll(/alertname: (\w+)/g)].map(([, name]) => name));
    const declared = new Set(
      [...read('seaworthy.rules.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name),
    );
    expect(tested, 'each alert has a test').toEqual(declared);
  });

  test('what a scrape gives is clean, whatever clients send', async () => {
    await using metrics = createMetrics();
    for (const value of ['a"b', 'back\\slash', 'line\nbreak', '€', '\u0000', ' ']) {
      metrics
        .counter({ name: 'hostile', description: 'With a \\ and\na break.', unit: '1' })
        .add(1, { value });
    }
    const odd = metrics.counter({
      name: 'odd',
      description: 'Labels that are the same to Prometheus.',
      unit: '1',
    });
    for (const value of ['\ud800', '\udfff', '\ufffd']) odd.add(1, { value }); // a JSON text may hold half a character
    odd.add(1, { 'user.kind': 'new', user_kind: 'guest' });
    metrics.http.begin();
    metrics.http.end('GET', '/', 200, 0.1);
    const { body } = await metrics.scrape();
    expect(body).toContain('odd_total{value="\ufffd"} 3\n');
    expect(body).toContain('odd_total{user_kind="new;guest"} 1\n');
    const told = execFileSync(promtool, ['check', 'metrics'], {
      input: body,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(told.trim()).toBe('');
  });
});
