import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createBackups, local, mysql, postgres } from '@seaworthy/backup';
import { createTestDatabase, describeWith } from '@seaworthy/testkit';
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

describeWith(['postgres', 'mysql'], 'the commands of the README', () => {
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
    const { hostname, port, username, password } = new URL(target.adminUrl);
    const cnf = join(folder, 'target.cnf');
    await writeFile(
      cnf,
      `[client]\nhost=${hostname}\nport=${port}\nprotocol=tcp\nuser=${username}\npassword="${decodeURIComponent(password)}"\n`,
    );
    await runByHand('MySQL and MariaDB', {
      FOLDER: join(folder, id),
      TARGET_CNF: cnf,
      TARGET_DATABASE: target.name,
    });
    expect(await fingerprint(target.adminUrl)).toEqual(await fingerprint(source.adminUrl));
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
