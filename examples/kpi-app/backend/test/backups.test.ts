import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBackups, local, postgres } from '@seaworthy/backup';
import { createTestDatabase, describeWith, freePort, type TestDatabase, waitFor } from '@seaworthy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { kpiBackend } from '../src/service.js';
import { KpiClient } from './kpi-client.js';

describeWith(['postgres'], 'the backups of the KPI application', () => {
  let database: TestDatabase;
  let folder: string;

  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    folder = await mkdtemp(join(tmpdir(), 'kpi-backups-'));
  });
  afterAll(async () => {
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('the first one is made at the start, restored and checked, and the health report shows both', async () => {
    const observed = await firstDrill({
      DATABASE_URL: database.url,
      BACKUP_FOLDER: folder,
      DRILL_URL: database.adminUrl,
    });
    expect(observed).toMatchObject({ lastDrill: 'passed', bytes: expect.any(Number) });
    const backups = createBackups({
      sources: { kpi: postgres({ url: database.url }) },
      targets: [local(folder)],
    });
    const { lastBackup, lastVerified, count } = await backups.status();
    expect(count).toBe(1);
    expect(lastVerified?.id).toBe(lastBackup?.id);
    expect(observed.madeAt).toBe(lastBackup?.madeAt.toISOString());
    const { rows } = await query(
      database.adminUrl,
      `select 1 from pg_database where datname like 'seaworthy_drill%'`,
    );
    expect(rows).toEqual([]);
  }, 300_000);
});

it('without a server the embedded database is backed up and restored in the same way', async () => {
  const place = await mkdtemp(join(tmpdir(), 'kpi-embedded-'));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  const observed = await firstDrill({
    DATA_DIR: join(place, 'kpi'),
    BACKUP_FOLDER: join(place, 'backups'),
  });
  expect(observed).toMatchObject({ lastDrill: 'passed', bytes: expect.any(Number) });
  const [id = ''] = await readdir(join(place, 'backups'));
  const files = await readdir(join(place, 'backups', id));
  const report = files.find((name) => name.startsWith('note-drill')) ?? '';
  expect(JSON.parse(await readFile(join(place, 'backups', id, report), 'utf8'))).toMatchObject({
    outcome: 'passed',
    compared: 'hash',
    differences: [],
    invariants: [{ name: 'every key result has an objective', passed: true }],
  });
  expect(await readdir(join(place, 'kpi-drills'))).toEqual([]);
}, 300_000);

/** Starts the application until its first backup was restored, and gives what the health report says of it then. */
async function firstDrill(variables: Readonly<Record<string, string>>) {
  const port = await freePort();
  await using _service = await kpiBackend({
    signals: false,
    sources: {
      cwd: '/nonexistent',
      env: { NODE_ENV: 'development', PORT: String(port), SEED: 'true', LOG_LEVEL: 'error', ...variables },
    },
  }).start();
  const client = new KpiClient(`http://127.0.0.1:${port}`);
  return await waitFor(
    async () => {
      const { observed } = (await client.get('/api/health')).body.checks.backup;
      return observed?.verifiedAt === undefined ? undefined : observed;
    },
    { what: 'a backup that was restored', timeoutMs: 240_000 },
  );
}

async function query(url: string, text: string): Promise<{ readonly rows: readonly unknown[] }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}
