import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readFile as readFileAsync, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createBackups, files, local, mysql, postgres, redis } from '@seaworthy/backup';
import { createTestDatabase, describeWith, startRedis } from '@seaworthy/testkit';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, it } from 'vitest';
import { fingerprint, mysqlSchema, postgresSchema, sql, temporaryFolder } from './support/fixtures.js';

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');

/** The commands under that heading of the README, run by nothing but a shell. */
async function runByHand(heading: string, env: Readonly<Record<string, string>>): Promise<void> {
  const section = readme.split(`### ${heading}\n`)[1] ?? '';
  const commands = /```sh\n([\s\S]+?)```/.exec(section)?.[1];
  if (commands === undefined) throw new Error(`the README has no commands under "${heading}"`);
  await promisify(execFile)('bash', ['--norc', '-eu', '-o', 'pipefail', '-c', commands], {
    env: { PATH: process.env.PATH, ...env },
  });
}

/** What a person writes for the `mariadb` program. */
async function optionFile(folder: string, url: string): Promise<string> {
  const { hostname, port, username, password } = new URL(url);
  const path = join(folder, 'target.cnf');
  await writeFile(
    path,
    `[client]\nhost=${hostname}\nport=${port}\nprotocol=tcp\nuser=${username}\npassword="${decodeURIComponent(password)}"\n`,
  );
  return path;
}

async function keys(): Promise<{ readonly identity: string; readonly recipient: string }> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

describeWith(['postgres', 'mysql', 'redis'], 'the commands of the README', () => {
  it('restore a PostgreSQL backup', async () => {
    await using source = await createTestDatabase('postgres');
    await using target = await createTestDatabase('postgres');
    await sql(source.url, ...postgresSchema);
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { kpi: postgres({ url: source.url }) },
      targets: [local(folder)],
    });
    const { id } = await backups.run();
    await runByHand('PostgreSQL', { FOLDER: join(folder, id), TARGET_URL: target.adminUrl });
    expect(await fingerprint(target.adminUrl)).toEqual(await fingerprint(source.adminUrl));
  });

  it('restore a backup of the preset kpi', async () => {
    await using source = await createTestDatabase('postgres');
    await using target = await createTestDatabase('postgres');
    await sql(source.url, ...postgresSchema);
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { db: postgres({ url: source.url }) },
      targets: [local(folder)],
      preset: 'kpi',
    });
    const { id } = await backups.run();
    await runByHand('The preset kpi', { FOLDER: folder, BACKUP_ID: id, TARGET_URL: target.adminUrl });
    expect(await fingerprint(target.adminUrl)).toEqual(await fingerprint(source.adminUrl));
  });

  it('restore a MySQL backup', async () => {
    await using source = await createTestDatabase('mysql');
    await using target = await createTestDatabase('mysql');
    await sql(source.adminUrl, ...mysqlSchema);
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { crm: mysql({ url: source.adminUrl }) },
      targets: [local(folder)],
    });
    const { id } = await backups.run();
    await runByHand('MySQL and MariaDB', {
      FOLDER: join(folder, id),
      TARGET_CNF: await optionFile(folder, target.adminUrl),
      TARGET_DATABASE: target.name,
    });
    expect(await fingerprint(target.adminUrl)).toEqual(await fingerprint(source.adminUrl));
  });

  it('restore an encrypted PostgreSQL backup with age, zstd and psql, by each key, and after a rotation by the new one', async () => {
    await using source = await createTestDatabase('postgres');
    await sql(source.url, ...postgresSchema);
    const folder = await temporaryFolder();
    const [one, escrow, next, other] = await Promise.all([keys(), keys(), keys(), keys()]);
    const backups = createBackups({
      sources: { kpi: postgres({ url: source.url }) },
      targets: [local(folder)],
      encrypt: { recipients: [one.recipient, escrow.recipient] },
    });
    const { id, artifacts } = await backups.run();
    const before = await readFileAsync(join(folder, id, 'kpi.sql.zst.age'));
    const restored = async (heading: string, identity: string): Promise<unknown> => {
      await using target = await createTestDatabase('postgres');
      const key = join(folder, 'key');
      await writeFile(key, `${identity}\n`);
      await runByHand(heading, { FOLDER: join(folder, id), KEY_FILE: key, TARGET_URL: target.adminUrl });
      return await fingerprint(target.adminUrl); // before the database goes
    };
    const original = await fingerprint(source.adminUrl);
    for (const { identity } of [one, escrow]) expect(await restored('Encrypted', identity)).toEqual(original);
    await expect(restored('Encrypted', next.identity)).rejects.toThrow('no identity matched');

    await expect(
      backups.rewrap(id, { identity: other.identity, recipients: [next.recipient] }),
    ).rejects.toMatchObject({ code: 'BACKUP_NO_KEY' });
    const { keys: written } = await backups.rewrap(id, {
      identity: escrow.identity,
      recipients: [next.recipient],
    });
    expect(written).toEqual([`${id}/note-header-kpi-001.age`]);
    expect((await readFileAsync(join(folder, id, 'kpi.sql.zst.age'))).equals(before)).toBe(true);
    expect(await restored('Encrypted, after `rewrap()`', next.identity)).toEqual(original);

    // And again, by a key that only the rotated header knows.
    await backups.rewrap(id, { identity: next.identity, recipients: [other.recipient] });
    await using target = await createTestDatabase('postgres');
    await backups.restore(id, {
      to: postgres({ url: target.adminUrl }),
      confirm: target.name,
      force: ['same-server'],
      identity: other.identity,
    });
    expect(await fingerprint(target.adminUrl)).toEqual(original);
    expect(artifacts[0]?.headerBytes).toBeGreaterThan(200);
  });

  it('restore an encrypted MySQL backup with age, zstd and mariadb', async () => {
    await using source = await createTestDatabase('mysql');
    await using target = await createTestDatabase('mysql');
    await sql(source.adminUrl, ...mysqlSchema);
    const folder = await temporaryFolder();
    const { identity, recipient } = await keys();
    const backups = createBackups({
      sources: { crm: mysql({ url: source.adminUrl }) },
      targets: [local(folder)],
      encrypt: { recipients: [recipient] },
    });
    const { id } = await backups.run();
    const key = join(folder, 'key');
    await writeFile(key, identity);
    await runByHand('Encrypted, MySQL and MariaDB', {
      FOLDER: join(folder, id),
      KEY_FILE: key,
      TARGET_CNF: await optionFile(folder, target.adminUrl),
      TARGET_DATABASE: target.name,
    });
    expect(await fingerprint(target.adminUrl)).toEqual(await fingerprint(source.adminUrl));
  });

  it('restore Redis and files', async () => {
    await using server = await startRedis({ config: { 'repl-diskless-sync-delay': 0 } });
    const folder = await temporaryFolder();
    const root = join(folder, 'root');
    await mkdir(root);
    await writeFile(join(root, 'a'), 'b', { mode: 0o640 });
    const backups = createBackups({
      sources: { cache: redis({ url: server.url }), app: files({ root }) },
      targets: [local(folder)],
    });
    const { id } = await backups.run();
    const place = await temporaryFolder();
    await runByHand('Redis and files', { FOLDER: join(folder, id), TARGET_FOLDER: place });
    expect(readFileSync(join(place, 'app/a'), 'utf8')).toBe('b');
    expect(readFileSync(join(place, 'dump.rdb'), 'latin1')).toMatch(/^REDIS/);
  });

  it('stop at a dump whose bytes changed', async () => {
    await using source = await createTestDatabase('postgres');
    await using target = await createTestDatabase('postgres');
    await sql(source.url, ...postgresSchema);
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { kpi: postgres({ url: source.url }) },
      targets: [local(folder)],
    });
    const { id } = await backups.run();
    await writeFile(join(folder, id, 'kpi.sql.zst'), 'x', { flag: 'a' });
    await expect(
      runByHand('PostgreSQL', { FOLDER: join(folder, id), TARGET_URL: target.adminUrl }),
    ).rejects.toThrow('computed checksum did NOT match');
    expect(await fingerprint(target.adminUrl)).toEqual([]);
  });
});

describeWith(['postgres', 'mysql'], 'the example of the README', () => {
  it('runs as it stands', async () => {
    await using kpi = await createTestDatabase('postgres');
    await using crm = await createTestDatabase('mysql');
    await using scratch = await createTestDatabase('postgres');
    await sql(kpi.url, 'create table t (id int)');
    await sql(crm.url, 'create table t (id int)');
    const example = /```js\n([\s\S]+?)```/.exec(readme)?.[1] ?? '';
    const folder = await temporaryFolder();
    const script = join(import.meta.dirname, `fixtures/readme-example-${process.pid}.mjs`);
    await writeFile(script, example);
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [script], {
        env: {
          PATH: process.env.PATH,
          KPI_URL: kpi.url,
          CRM_URL: crm.url,
          BACKUP_FOLDER: folder,
          SCRATCH_URL: scratch.adminUrl,
          SCRATCH_NAME: scratch.name,
        },
      });
      expect(stdout).toMatch(/kpi\.sql\.zst: \d+ bytes.*crm\.sql\.zst: \d+ bytes/s);
      expect(await fingerprint(scratch.adminUrl)).toEqual(await fingerprint(kpi.adminUrl));
    } finally {
      await rm(script);
    }
  });
});
