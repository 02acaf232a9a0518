import { createBackups, local, mysql, scratchMysql } from '@seaworthy/backup';
import { createTestDatabase, describeWith, startMariadb } from '@seaworthy/testkit';
import { describe, expect, it } from 'vitest';
import { unseenByUser } from '../src/sources/mysql-grants.js';
import { recordingLogger, sql, temporaryFolder } from './support/fixtures.js';

const backupsOf = async (url: string, more: object = {}) =>
  createBackups({
    sources: { crm: mysql({ url, fingerprint: 'hash' }) },
    targets: [local(await temporaryFolder())],
    ...more,
  });

describeWith(['mysql'], 'a backup of MySQL is whole', () => {
  it('with rows that are longer as a statement than a client takes by itself, which come back where the server takes them', async () => {
    await using server = await startMariadb({ settings: { max_allowed_packet: '128M' } });
    const at = (database: string): string => server.url.replace(/\/[^/]*$/, `/${database}`);
    await sql(
      server.url,
      'create database source',
      'create database target',
      'create table source.blobs (id int primary key, body longblob)',
      `insert into source.blobs values (1, repeat('x', 26000000))`,
    );
    // A server of the usual 16 MB refuses them: that is told, and says nothing of the backup.
    await using small = await createTestDatabase('mysql');
    await using backups = createBackups({
      sources: { crm: mysql({ url: at('source') }) },
      targets: [local(await temporaryFolder())],
      drill: { into: { crm: scratchMysql({ url: small.adminUrl }) } },
    });
    const { id } = await backups.run();
    const force = ['same-server'] as const;
    await backups.restore(id, { to: mysql({ url: at('target') }), confirm: 'target', force });
    expect(await sql(at('target'), 'select id, length(body) as bytes from blobs')).toEqual([
      { id: 1, bytes: 26_000_000 },
    ]);
    await expect(backups.drill()).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringMatching(/ERROR \d+ .*max_allowed_packet/),
    });
    expect((await backups.status()).lastDrill).toBeUndefined();
  });

  it('with the history of its system-versioned tables, which a drill compares', async () => {
    await using source = await createTestDatabase('mysql');
    await using target = await createTestDatabase('mysql');
    await sql(
      source.adminUrl,
      'create table prices (item int primary key, price int) with system versioning',
      'insert into prices values (1, 10), (2, 20)',
      'update prices set price = 11 where item = 1',
      'delete from prices where item = 2',
    );
    await sql(
      source.adminUrl,
      `create table named (n int, a timestamp(6) generated always as row start, b timestamp(6) generated always as row end,
        period for system_time (a, b)) with system versioning`,
      'insert into named (n) values (1)',
      'update named set n = 2',
    );
    const drill = { into: { crm: scratchMysql({ url: target.adminUrl }) } };
    await using backups = await backupsOf(source.adminUrl, { drill });
    const { id, artifacts } = await backups.run();
    expect(artifacts[0]).toMatchObject({
      warnings: [],
      contents: {
        tables: [
          { name: 'named', rows: 2 },
          { name: 'prices', rows: 3, hash: expect.any(String) },
        ],
      },
    });
    const force = ['same-server'] as const;
    await backups.restore(id, { to: mysql({ url: target.adminUrl }), confirm: target.name, force });
    expect(await backups.drill()).toMatchObject([{ outcome: 'passed', compared: 'hash', rows: 5 }]);
    const history = `select item, price, cast(row_start as char) as since, cast(row_end as char) as until
      from prices for system_time all order by 1, 3`;
    const kept = await sql(source.adminUrl, history);
    expect(kept).toHaveLength(3);
    expect(await sql(target.adminUrl, history)).toEqual(kept);
  });

  it('but for the history of tables that are versioned by transactions, and says so', async () => {
    await using source = await createTestDatabase('mysql');
    await sql(
      source.adminUrl,
      `create table prices (item int, a bigint unsigned generated always as row start, b bigint unsigned generated always as row end,
        period for system_time (a, b)) with system versioning`,
    );
    await using backups = await backupsOf(source.adminUrl);
    const { artifacts } = await backups.run();
    expect(artifacts[0]?.warnings).toEqual([expect.stringContaining('history')]);
  });

  it('or says in manifest and log what its user may not see, and what to grant', async () => {
    await using source = await createTestDatabase('mysql');
    await sql(
      source.adminUrl,
      'create table a (n int)',
      'create table b (n int)',
      'create trigger fill before insert on a for each row set new.n = 5',
      'create procedure nothing() select 1',
    );
    const user = `u${source.name.slice(1)}`;
    const url = new URL(source.adminUrl);
    url.username = user;
    url.password = 'secret-of-the-user';
    await sql(source.adminUrl, `create user '${user}'@'%' identified by '${url.password}'`);
    const { logger, lines } = recordingLogger();
    await using backups = await backupsOf(url.href, { logger });
    const warningsWith = async (...grants: readonly string[]) => {
      for (const grant of grants) await sql(source.adminUrl, `grant ${grant} to '${user}'@'%'`);
      return (await backups.run()).artifacts[0]?.warnings;
    };
    try {
      expect(await warningsWith(`event on ${source.name}.*`, `select on ${source.name}.a`)).toEqual([
        expect.stringMatching(/tables.*GRANT SELECT/),
        expect.stringMatching(/triggers.*GRANT TRIGGER/),
        expect.stringMatching(/routines.*GRANT SELECT ON mysql.proc/),
      ]);
      expect(await warningsWith(`select, trigger on ${source.name}.*`)).toEqual([
        expect.stringContaining('routines'),
      ]);
      expect(await warningsWith('select on mysql.proc')).toEqual([]);
      expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(4);
      expect(JSON.stringify(lines)).not.toContain('IDENTIFIED');
    } finally {
      await sql(source.adminUrl, `drop user '${user}'@'%'`);
    }
  });
});

describe('what a user of MySQL may not see', () => {
  it.each([
    ['all on the server', ['GRANT ALL PRIVILEGES ON *.* TO `root`@`%` WITH GRANT OPTION'], 0],
    [
      'all on the database',
      ['GRANT USAGE ON *.* TO `a`@`%`', 'GRANT ALL PRIVILEGES ON `crm\\_app`.* TO `a`@`%`'],
      0,
    ],
    ['all on another that is named alike', ['GRANT ALL PRIVILEGES ON `crm\\_ap_`.* TO `a`@`%`'], 0],
    ['all on another', ['GRANT ALL PRIVILEGES ON `crm\\_other`.* TO `a`@`%`'], 3],
    [
      'a pattern that fits',
      ['GRANT SELECT, TRIGGER ON `crm%`.* TO `a`@`%`', 'GRANT SELECT ON `mysql`.`proc` TO `a`@`%`'],
      0,
    ],
    [
      'one table, and columns of one',
      [
        'GRANT SELECT, TRIGGER ON `crm_app`.`t` TO `a`@`%`',
        'GRANT SELECT (a, b), TRIGGER ON `crm_app`.* TO `a`@`%`',
      ],
      2,
    ],
    [
      'MySQL 8',
      ['GRANT SELECT, TRIGGER, EVENT ON *.* TO `a`@`%`', 'GRANT BACKUP_ADMIN,SHOW_ROUTINE ON *.* TO `a`@`%`'],
      0,
    ],
    [
      'a role of MySQL, whose rights are not listed',
      ['GRANT USAGE ON *.* TO `a`@`%`', 'GRANT `backup`@`%` TO `a`@`%`'],
      0,
    ],
  ])('is read from its grants: %s', (_case, grants, missing) => {
    expect(unseenByUser(grants, 'crm_app')).toHaveLength(missing);
  });
});
