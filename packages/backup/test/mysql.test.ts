import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBackups, local, mysql } from '@seaworthy/backup';
import { createTestDatabase, describeWith, startFaultProxy, type TestDatabase } from '@seaworthy/testkit';
import mysqlDriver from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  filesIn,
  fingerprint,
  mysqlSchema,
  recordingLogger,
  sql,
  temporaryFolder,
} from './support/fixtures.js';

let source: TestDatabase;

beforeAll(async () => {
  source = await createTestDatabase('mysql');
  await sql(source.adminUrl, ...mysqlSchema);
});
afterAll(() => source.drop());

describeWith(['mysql'], 'a backup of MySQL', () => {
  it('[row 97] [row 101] comes back by one call with equal row counts, content hashes, routines, triggers, events and views', async () => {
    await using target = await createTestDatabase('mysql');
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { crm: mysql({ url: source.adminUrl }) },
      targets: [local(folder)],
    });
    const { id, artifacts } = await backups.run();
    expect(artifacts[0]).toMatchObject({
      source: 'crm',
      engine: 'mysql',
      database: source.name,
      warnings: [],
    });
    expect(await filesIn(folder)).toContain(`${id}/crm.sql.zst`);
    await backups.restore(id, {
      to: mysql({ url: target.adminUrl }),
      confirm: target.name,
      force: ['same-server'],
    });
    expect(await fingerprint(target.adminUrl)).toEqual(await fingerprint(source.adminUrl));
    const rows = await sql(
      target.adminUrl,
      'insert into invoices (id, account) values (9001, 1)',
      `select twice(21) as n, (select note from invoices where id = 9001) as note,
        (select count(*) from information_schema.routines where routine_schema = database()) as routines,
        (select count(*) from information_schema.events where event_schema = database()) as events,
        (select count(*) from due) as due`,
    );
    expect(rows).toEqual([{ n: 42, note: 'filled', routines: 2, events: 1, due: 2 }]);
  });

  it("is made by clients that find no login file of the user's: what stands there would win over the URL", async () => {
    const folder = await temporaryFolder();
    const homes = join(folder, 'homes');
    for (const name of ['mariadb', 'mariadb-dump']) {
      const script = `#!/bin/sh\n[ "$1" = --version ] || echo "$HOME" >> '${homes}'\nexec ${name} "$@"\n`;
      await writeFile(join(folder, name), script, { mode: 0o755 });
    }
    const backups = createBackups({
      sources: { crm: mysql({ url: source.adminUrl, binDir: folder }) },
      targets: [local(join(folder, 'backups'))],
    });
    await backups.run();
    const seen = (await readFile(homes, 'utf8')).trim().split('\n');
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect(new Set(seen).size).toBe(1);
    expect(seen[0]).toContain('seaworthy-backup-'); // the private folder, which holds our file alone
  });

  it('[row 97] shows one moment while a writer moves money between accounts', async () => {
    await using busy = await createTestDatabase('mysql');
    await using target = await createTestDatabase('mysql');
    await using proxy = await startFaultProxy({ target: { host: busy.host, port: busy.port } });
    await sql(
      busy.url,
      ...['a', 'b'].flatMap((table) => [
        `create table ${table} (id int primary key, balance bigint not null, padding varchar(1000) not null)`,
        `insert into ${table} select seq, 100, repeat(md5(seq), 30) from seq_1_to_1000`,
      ]),
    );
    const connection = await mysqlDriver.createConnection(busy.url);
    let transfers = 0;
    let writing = true;
    const writer = (async () => {
      while (writing) {
        const row = 1 + (transfers % 1_000);
        await connection.beginTransaction();
        await connection.query('update a set balance = balance - 7 where id = ?', [row]);
        await connection.query('update b set balance = balance + 7 where id = ?', [row]);
        await connection.commit();
        transfers += 1;
      }
    })();
    proxy.drip(1_500_000, { direction: 'toClient' });
    const backups = createBackups({
      sources: { db: mysql({ url: proxy.url(busy.url) }) },
      targets: [local(await temporaryFolder())],
    });
    let before = 0;
    const { id } = await backups.run({
      onProgress: () => {
        before ||= transfers;
      },
    });
    expect(transfers).toBeGreaterThan(before); // the dump and the writer did overlap
    writing = false;
    await writer;
    await connection.end();
    await backups.restore(id, {
      to: mysql({ url: target.adminUrl }),
      confirm: target.name,
      force: ['same-server'],
    });
    expect(
      await sql(
        target.adminUrl,
        `select cast((select sum(balance) from a) + (select sum(balance) from b) as char) as total,
          (select count(*) from a join b using (id) where a.balance + b.balance <> 200) as torn`,
      ),
    ).toEqual([{ total: '200000', torn: 0 }]);
  });

  it('says in manifest and log which promise it cannot keep when a table is not transactional', async () => {
    await using mixed = await createTestDatabase('mysql');
    await sql(mixed.url, 'create table old (id int) engine = MyISAM');
    const { logger, lines } = recordingLogger();
    const backups = createBackups({
      sources: { db: mysql({ url: mixed.url }) },
      targets: [local(await temporaryFolder())],
      logger,
    });
    const { artifacts } = await backups.run();
    expect(artifacts[0]?.warnings).toEqual([expect.stringContaining('not InnoDB')]);
    expect(lines.filter((line) => line.level === 'warn')).toHaveLength(1);
  });

  it('fails rather than leaving out a routine that its user may not read', async () => {
    const folder = await temporaryFolder();
    const backups = createBackups({ sources: { db: mysql({ url: source.url }) }, targets: [local(folder)] });
    await expect(backups.run()).rejects.toMatchObject({
      code: 'BACKUP_TOOL_FAILED',
      stage: 'dump',
      exitCode: 2,
      message: expect.stringContaining('insufficient privileges'),
    });
    expect(await filesIn(folder)).toEqual([]);
  });
});
