import { createHash } from 'node:crypto';
import { cp, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { type Backups, createBackups, local, type Manifest, mysql, postgres } from '@seaworthy/backup';
import {
  createTestDatabase,
  describeWith,
  type PostgresServer,
  spawnNode,
  startPostgres,
  type TestDatabase,
  waitFor,
} from '@seaworthy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  childrenOf,
  fingerprint,
  postgresBulk,
  postgresSchema,
  sql,
  temporaryFolder,
} from './support/fixtures.js';

let source: TestDatabase;
let target: TestDatabase;
let elsewhere: PostgresServer;
let original: string;
let manifest: Manifest;

beforeAll(async () => {
  source = await createTestDatabase('postgres');
  await sql(source.url, ...postgresSchema, ...postgresBulk(10_000));
  elsewhere = await startPostgres();
  original = await mkdtemp(join(tmpdir(), 'backup-test-'));
  manifest = await backupsIn(original).run();
});
afterAll(async () => {
  await rm(original, { recursive: true });
  await Promise.all([source.drop(), elsewhere.close()]);
});
beforeEach(async () => {
  target = await createTestDatabase('postgres');
  return () => target.drop();
});

interface Made {
  readonly backups: Backups;
  readonly manifest: Manifest;
  readonly folder: string;
  /** The dump's path. */
  readonly file: string;
}

function backupsIn(folder: string): Backups {
  return createBackups({
    sources: { db: postgres({ url: source.url }) },
    targets: [local(folder)],
    compress: 'gzip',
  });
}

/** A copy of one backup that a test may damage. */
async function makeBackup(): Promise<Made> {
  const folder = await temporaryFolder();
  await cp(original, folder, { recursive: true });
  const backups = backupsIn(folder);
  return { backups, manifest, folder, file: join(folder, manifest.artifacts[0]?.key ?? '') };
}

const tablesOf = (url: string): Promise<unknown> => fingerprint(url);

describeWith(['postgres', 'private postgres'], 'a restore is refused', () => {
  it('unless confirm names the target database', async () => {
    const { backups, manifest } = await makeBackup();
    const to = postgres({ url: target.adminUrl });
    await expect(backups.restore(manifest.id, { to, confirm: source.name })).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringContaining('confirm must name the target database'),
    });
  });

  it('on the server that was backed up, unless it is forced', async () => {
    const { backups, manifest } = await makeBackup();
    const to = postgres({ url: target.adminUrl });
    await expect(backups.restore(manifest.id, { to, confirm: target.name })).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringContaining("force: ['same-server']"),
    });
    expect(await tablesOf(target.adminUrl)).toEqual([]);
  });

  it('into a database that is not empty; forced, it still replaces nothing', async () => {
    const { backups, manifest } = await makeBackup();
    await sql(target.adminUrl, 'create table teams (mine text)', "insert into teams values ('kept')");
    const options = { to: postgres({ url: target.adminUrl }), confirm: target.name };
    await expect(backups.restore(manifest.id, { ...options, force: ['same-server'] })).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringContaining('is not empty'),
    });
    await expect(
      backups.restore(manifest.id, { ...options, force: ['same-server', 'not-empty'] }),
    ).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      tool: 'psql',
      message: expect.stringContaining('SQLSTATE 42P07'),
    });
    expect(await sql(target.adminUrl, 'select * from teams')).toEqual([{ mine: 'kept' }]);
    expect(
      await sql(target.adminUrl, "select count(*)::int as n from pg_namespace where nspname = 'archive'"),
    ).toEqual([{ n: 0 }]);
  });

  it('into another engine, from a source or an id that is not there, or with a misspelt option', async () => {
    const { backups, manifest } = await makeBackup();
    const to = postgres({ url: target.adminUrl });
    const other = mysql({ url: 'mysql://nobody@127.0.0.1:1/crm' });
    await expect(backups.restore(manifest.id, { to: other, confirm: 'crm' })).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
    });
    await expect(
      backups.restore(manifest.id, { to, confirm: target.name, source: 'files' }),
    ).rejects.toMatchObject({ code: 'RESTORE_REFUSED', message: expect.stringContaining('one of: db') });
    for (const id of ['20260101T000000Z-00000000', '../etc', '']) {
      await expect(backups.restore(id, { to, confirm: target.name })).rejects.toMatchObject({
        code: 'BACKUP_NOT_FOUND',
      });
    }
    const misspelt = { to, confirm: target.name, forse: [] };
    await expect(backups.restore(manifest.id, misspelt)).rejects.toThrow('Did you mean "force"?');
  });
});

describeWith(['postgres', 'private postgres'], 'a damaged backup', () => {
  it('with one flipped bit is refused before a statement reaches the target', async () => {
    const { backups, manifest, file } = await makeBackup();
    const handle = await open(file, 'r+');
    const byte = Buffer.alloc(1);
    const { size } = await handle.stat();
    await handle.read(byte, 0, 1, size >> 1);
    await handle.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, size >> 1);
    await handle.close();
    await expect(
      backups.restore(manifest.id, {
        to: postgres({ url: target.adminUrl }),
        confirm: target.name,
        force: ['same-server'],
      }),
    ).rejects.toMatchObject({ code: 'BACKUP_CORRUPT', stage: 'verify' });
    expect(await tablesOf(target.adminUrl)).toEqual([]);
  });

  it('that is cut off is listed as damaged and refused', async () => {
    const { backups, manifest, file } = await makeBackup();
    await truncate(file, 10_000);
    expect(await backups.list()).toEqual([
      { id: manifest.id, status: 'damaged', reason: expect.stringContaining('has 10000 bytes instead of') },
    ]);
    const to = postgres({ url: target.adminUrl });
    await expect(backups.restore(manifest.id, { to, confirm: target.name })).rejects.toMatchObject({
      code: 'BACKUP_CORRUPT',
    });
  });

  it('whose manifest was made to fit a cut-off dump leaves the target as it was', async () => {
    const { backups, manifest, folder, file } = await makeBackup();
    const whole = await promisify(gunzip)(await readFile(file));
    const cut = whole.subarray(0, whole.length >> 1); // in the middle of a COPY
    const packed = await promisify(gzip)(cut);
    await writeFile(file, packed);
    const [artifact] = manifest.artifacts;
    const forged = {
      ...manifest,
      artifacts: [
        {
          ...artifact,
          bytes: packed.length,
          rawBytes: cut.length,
          sha256: createHash('sha256').update(packed).digest('hex'),
        },
      ],
    };
    await writeFile(join(folder, manifest.id, 'manifest.json'), JSON.stringify(forged));
    await expect(
      backups.restore(manifest.id, {
        to: postgres({ url: target.adminUrl }),
        confirm: target.name,
        force: ['same-server'],
      }),
    ).rejects.toMatchObject({ code: 'BACKUP_CORRUPT', message: expect.stringContaining('ends too early') });
    expect(await tablesOf(target.adminUrl)).toEqual([]);
  });

  it.each([
    ['is no JSON', '{"format":'],
    ['is of a newer version', JSON.stringify({ format: 'seaworthy-backup', version: 2 })],
    ['is of something else', JSON.stringify({ format: 'restic' })],
  ])('whose manifest %s is listed as damaged', async (_case, text) => {
    const { backups, manifest, folder } = await makeBackup();
    await writeFile(join(folder, manifest.id, 'manifest.json'), text);
    expect(await backups.list()).toMatchObject([{ id: manifest.id, status: 'damaged' }]);
    const to = postgres({ url: target.adminUrl });
    await expect(backups.restore(manifest.id, { to, confirm: target.name })).rejects.toMatchObject({
      code: 'BACKUP_UNREADABLE',
    });
  });

  it('whose manifest points outside of its backup is not followed', async () => {
    const { backups, manifest, folder } = await makeBackup();
    const [artifact] = manifest.artifacts;
    for (const key of [
      '../../etc/passwd',
      '/etc/passwd',
      'other/db.sql.gz',
      `${manifest.id}/../x/db.sql.gz`,
    ]) {
      const forged = { ...manifest, artifacts: [{ ...artifact, key }] };
      await writeFile(join(folder, manifest.id, 'manifest.json'), JSON.stringify(forged));
      expect(await backups.list()).toMatchObject([{ status: 'damaged' }]);
    }
  });
});

describeWith(['postgres', 'private postgres'], 'a restore on another server', () => {
  it('needs no force, and fails whole when a role of the dump is missing there', async () => {
    const { backups, manifest } = await makeBackup();
    await sql(elsewhere.url, 'create database kpi_restored');
    const url = new URL(elsewhere.url);
    url.pathname = '/kpi_restored';
    const to = postgres({ url: url.href });
    await expect(backups.restore(manifest.id, { to, confirm: 'kpi_restored' })).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringMatching(/SQLSTATE 42704 .*role.*The target is as it was\./),
    });
    expect(await tablesOf(url.href)).toEqual([]);
    await sql(elsewhere.url, `create role ${source.user}`);
    const result = await backups.restore(manifest.id, { to, confirm: 'kpi_restored' });
    expect(result).toMatchObject({
      id: manifest.id,
      source: 'db',
      rawBytes: manifest.artifacts[0]?.rawBytes,
    });
    expect(await tablesOf(url.href)).toEqual(await tablesOf(source.adminUrl));
  });
});

describeWith(['postgres', 'private postgres'], 'a restore that is interrupted', () => {
  const sessions = (condition: string): Promise<unknown> =>
    sql(
      source.adminUrl,
      `select count(*)::int as n from pg_stat_activity
       where datname = '${target.name}' and application_name = 'seaworthy-backup' and ${condition}`,
    );

  /** Makes the first statement of the dump wait on the server, with nearly all of the dump still to come. */
  async function holdRestore(): Promise<{
    readonly reached: () => Promise<unknown>;
    release(): Promise<void>;
  }> {
    await sql(
      target.adminUrl,
      'create function hold() returns event_trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(42); end $$',
      "create event trigger hold on ddl_command_start when tag in ('CREATE SCHEMA') execute function hold()",
    );
    const holder = new pg.Client({ connectionString: target.adminUrl });
    await holder.connect();
    await holder.query('select pg_advisory_lock(42)');
    return {
      reached: () =>
        waitFor(async () => JSON.stringify(await sessions("wait_event = 'advisory'")) === '[{"n":1}]', {
          what: 'the restore to reach the server',
          timeoutMs: 30_000,
        }),
      release: () => holder.end(),
    };
  }

  it('by its signal leaves the target as it was and no child', async () => {
    const { backups, manifest } = await makeBackup();
    const { reached, release } = await holdRestore();
    const controller = new AbortController();
    const reason = new Error('stop');
    const restoring = backups.restore(manifest.id, {
      to: postgres({ url: target.adminUrl }),
      confirm: target.name,
      force: ['same-server', 'not-empty'],
      signal: controller.signal,
    });
    void reached().finally(() => controller.abort(reason));
    await expect(restoring).rejects.toBe(reason);
    expect(childrenOf(process.pid, 'psql')).toEqual([]);
    await release();
    await expect.poll(() => sessions('true'), { timeout: 20_000 }).toEqual([{ n: 0 }]);
    expect(await tablesOf(target.adminUrl)).toEqual([]);
  });

  it('by its timeout says so', async () => {
    const { backups, manifest } = await makeBackup();
    await expect(
      backups.restore(manifest.id, {
        to: postgres({ url: target.adminUrl }),
        confirm: target.name,
        force: ['same-server'],
        timeout: 1,
      }),
    ).rejects.toMatchObject({ code: 'RESTORE_FAILED', message: expect.stringContaining('Raise `timeout`') });
    expect(await tablesOf(target.adminUrl)).toEqual([]);
  });

  it('by the death of our process leaves the target as it was', async () => {
    const { manifest, folder } = await makeBackup();
    const { reached, release } = await holdRestore();
    await using child = spawnNode(join(import.meta.dirname, 'fixtures/restore-backup.mjs'), {
      env: {
        TARGET_URL: target.adminUrl,
        FOLDER: folder,
        BACKUP_ID: manifest.id,
        CONFIRM: target.name,
        TMPDIR: await temporaryFolder(),
      },
    });
    await reached();
    child.kill('SIGKILL');
    await child.exited;
    await release();
    await expect.poll(() => sessions('true'), { timeout: 20_000 }).toEqual([{ n: 0 }]);
    expect(await tablesOf(target.adminUrl)).toEqual([]);
  });

  it('by an end of its input leaves the target as it was, though psql takes that for success', async () => {
    const { file } = await makeBackup();
    const whole = await promisify(gunzip)(await readFile(file));
    const session = await postgres({ url: target.adminUrl }).open(new AbortController().signal);
    const psql = await session.load(new AbortController().signal);
    psql.stdin.end(Buffer.concat([Buffer.from(psql.begin), whole.subarray(0, whole.length >> 1)]));
    await expect(psql.exited).resolves.toBeUndefined();
    await session.close();
    expect(await tablesOf(target.adminUrl)).toEqual([]);
  });
});
