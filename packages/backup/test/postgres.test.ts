import { execFile } from 'node:child_process';
import { chmod, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createBackups, local, postgres } from '@seaworthy/backup';
import { createFakeClock, createTestDatabase, describeWith, type TestDatabase } from '@seaworthy/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { filesIn, fingerprint, postgresSchema, sql, temporaryFolder } from './support/fixtures.js';

const run = promisify(execFile);
let source: TestDatabase;

beforeAll(async () => {
  source = await createTestDatabase('postgres');
  await sql(source.url, ...postgresSchema);
});
afterAll(() => source.drop());

describeWith(['postgres'], 'a backup of PostgreSQL', () => {
  it.each(['zstd', 'gzip'] as const)(
    '[row 101] comes back by one call with equal row counts and content hashes, compressed with %s',
    async (compress) => {
      await using target = await createTestDatabase('postgres');
      const folder = await temporaryFolder();
      const backups = createBackups({
        sources: { db: postgres({ url: source.url }) },
        targets: [local(folder)],
        compress,
      });
      const { id, artifacts } = await backups.run();
      expect(artifacts[0]?.compression).toBe(compress);
      await backups.restore(id, {
        to: postgres({ url: target.adminUrl }),
        confirm: target.name,
        force: ['same-server'],
      });
      expect(await fingerprint(target.adminUrl)).toEqual(await fingerprint(source.adminUrl));
      const [row] = await sql(target.adminUrl, 'insert into check_ins (team) values (1) returning id, note');
      expect(row).toEqual({ id: '5001', note: 'stamped' }); // sequence and trigger came along
      expect(
        await sql(target.adminUrl, 'select double(21) as n, (select count(*)::int from by_team) as teams'),
      ).toEqual([{ n: 42, teams: 3 }]);
    },
  );

  it('is a folder with the dump, its checksum and a manifest, readable by the owner only', async () => {
    const folder = await temporaryFolder();
    const clock = createFakeClock({ now: Date.UTC(2026, 0, 2, 3, 4, 5) });
    const backups = createBackups({
      sources: { db: postgres({ url: source.url }) },
      targets: [local(folder)],
      clock,
    });
    const manifest = await backups.run();
    expect(manifest.id).toMatch(/^20260102T030405Z-[0-9a-f]{8}$/);
    expect(await filesIn(folder)).toEqual(
      ['SHA256SUMS', 'db.sql.zst', 'manifest.json'].map((name) => `${manifest.id}/${name}`),
    );
    expect(manifest).toMatchObject({
      format: 'seaworthy-backup',
      version: 2,
      startedAt: '2026-01-02T03:04:05.000Z',
      artifacts: [
        { source: 'db', engine: 'postgres', database: source.name, compression: 'zstd', warnings: [] },
      ],
    });
    const { stdout } = await run('find', [folder, '-type', 'f', '-printf', '%m\n']);
    expect(new Set(stdout.trim().split('\n'))).toEqual(new Set(['600']));
    expect(await backups.list()).toEqual([
      { id: manifest.id, status: 'complete', manifest, targets: [`folder ${folder}`], damagedIn: [] },
    ]);
  });

  it('[row 96] of the preset kpi is kpi_backup_YYYYMMDD_HHMMSS.sql.gz, which gunzip and psql restore', async () => {
    await using target = await createTestDatabase('postgres');
    const folder = await temporaryFolder();
    const clock = createFakeClock({ now: Date.UTC(2026, 0, 2, 3, 4, 5) });
    const backups = createBackups({
      sources: { db: postgres({ url: source.url }) },
      targets: [local(folder)],
      preset: 'kpi',
      clock,
    });
    const { id } = await backups.run();
    expect(id).toBe('kpi_backup_20260102_030405');
    expect(await filesIn(folder)).toEqual([`${id}.manifest.json`, `${id}.sha256`, `${id}.sql.gz`]);
    await run('sh', ['-euc', 'gunzip -c "$FILE" | psql "$URL" -q -v ON_ERROR_STOP=1'], {
      env: { ...process.env, FILE: join(folder, `${id}.sql.gz`), URL: target.adminUrl },
    });
    expect(await fingerprint(target.adminUrl)).toEqual(await fingerprint(source.adminUrl));
    expect((await backups.list()).map((entry) => [entry.id, entry.status])).toEqual([[id, 'complete']]);
    await expect(backups.run()).rejects.toMatchObject({ code: 'BACKUP_EXISTS' }); // the same second
    expect(await filesIn(folder)).toHaveLength(3);
  });

  it('without owners restores for a role that is not the one who owned it', async () => {
    await using target = await createTestDatabase('postgres');
    const backups = createBackups({
      sources: { db: postgres({ url: source.url, owners: 'leave-out' }) },
      targets: [local(await temporaryFolder())],
    });
    const { id } = await backups.run();
    await backups.restore(id, {
      to: postgres({ url: target.url }),
      confirm: target.name,
      force: ['same-server'],
    });
    expect(await fingerprint(target.url)).toEqual(await fingerprint(source.url));
  });

  it('is written to every target', async () => {
    const folders = [await temporaryFolder(), await temporaryFolder()];
    const backups = createBackups({
      sources: { db: postgres({ url: source.url }) },
      targets: folders.map((folder) => local(folder)),
    });
    const { id } = await backups.run();
    const [first, second] = await Promise.all(folders.map((folder) => filesIn(folder)));
    expect(first).toHaveLength(3);
    expect(second).toEqual(first);
    const [entry] = await backups.list();
    expect(entry).toMatchObject({ id, targets: folders.map((folder) => `folder ${folder}`) });
  });
});

describeWith(['postgres'], 'the client programs of PostgreSQL', () => {
  it('must not be older than the server', async () => {
    const binDir = await temporaryFolder();
    await symlink((await run('which', ['psql'])).stdout.trim(), join(binDir, 'psql'));
    await writeFile(join(binDir, 'pg_dump'), '#!/bin/sh\necho "pg_dump (PostgreSQL) 9.6.24"\n');
    await chmod(join(binDir, 'pg_dump'), 0o755);
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { db: postgres({ url: source.url, binDir }) },
      targets: [local(folder)],
    });
    await expect(backups.run()).rejects.toMatchObject({
      code: 'BACKUP_TOOL_MISSING',
      stage: 'prepare',
      message: expect.stringMatching(/needs pg_dump \d+ or newer, which is not in the binDir/),
    });
    expect(await filesIn(folder)).toEqual([]);
  });

  it('that say they are done without the closing line of a dump make no backup', async () => {
    const binDir = await temporaryFolder();
    const { stdout: bin } = await run('sh', ['-c', 'ls -d /usr/lib/postgresql/*/bin | tail -n 1']);
    await symlink(join(bin.trim(), 'psql'), join(binDir, 'psql'));
    const cut = `#!/bin/sh\n[ "$1" = --version ] && exec ${bin.trim()}/pg_dump --version\n${bin.trim()}/pg_dump "$@" | head -c 200000\nexit 0\n`;
    await writeFile(join(binDir, 'pg_dump'), cut);
    await chmod(join(binDir, 'pg_dump'), 0o755);
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { db: postgres({ url: source.url, binDir }) },
      targets: [local(folder)],
    });
    await expect(backups.run()).rejects.toMatchObject({
      code: 'BACKUP_INCOMPLETE',
      stage: 'dump',
      tool: 'pg_dump',
    });
    expect(await filesIn(folder)).toEqual([]);
  });
});
