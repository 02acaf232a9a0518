import { execFileSync } from 'node:child_process';
import { createBackups, local, mysql, scratchMysql } from '@seaworthy/backup';
import {
  createTestDatabase,
  describeWith,
  findProgram,
  type TestDatabase,
  waitFor,
} from '@seaworthy/testkit';
import mysqlDriver from 'mysql2/promise';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { mysqlSchema, sql, temporaryFolder } from '../support/fixtures.js';

describeWith(['mysql', 'age'], 'a drill of MariaDB', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('mysql');
    await sql(database.adminUrl, ...mysqlSchema);
  });

  const scratches = () =>
    sql(
      database.adminUrl,
      `select schema_name from information_schema.schemata where schema_name like 'seaworthy_drill%'`,
    );

  it('finds what rests equal by hash and what is written to between the counts before and after', async () => {
    const backups = createBackups({
      sources: { db: mysql({ url: database.adminUrl, fingerprint: 'hash' }) },
      targets: [local(await temporaryFolder())],
      drill: {
        into: { db: scratchMysql({ url: database.adminUrl }) },
        invariants: {
          db: {
            'every invoice has an account': async ({ query }) =>
              (
                await query(
                  'select count(*) from invoices i left join accounts a on a.id = i.account where a.id is null',
                )
              )[0]?.[0] === '0',
          },
        },
      },
    });
    onTestFinished(() => backups.close());
    const writer = await mysqlDriver.createConnection(database.adminUrl);
    let written = 0;
    let stopped = false;
    const writing = (async () => {
      while (!stopped) {
        await writer.query('insert into accounts (name, balance) values (?, 1)', [`writer ${written}`]);
        written += 1;
      }
      await writer.end();
    })();
    await waitFor(() => written > 0, { what: 'the writer to write' });
    const manifest = await backups.run();
    stopped = true;
    await writing;
    const contents = manifest.artifacts[0]?.contents;
    const accounts = (tables = contents?.tables) =>
      tables?.find(({ name }) => name === 'accounts')?.rows ?? 0;
    expect(contents?.precision).toBe('bracketed');
    expect(accounts(contents?.after)).toBeGreaterThan(accounts());

    const [report] = await backups.drill();
    expect(report).toMatchObject({ outcome: 'passed', compared: 'hash', tables: 2, differences: [] });
    expect(await scratches()).toEqual([]);
  });

  it('of an encrypted backup needs a private key, and without one blames no backup', async () => {
    const identity = execFileSync(findProgram('age-keygen') ?? '', {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
    const recipient = /public key: (age1\w+)/.exec(identity)?.[1] ?? '';
    const key = /AGE-SECRET-KEY-1\w+/.exec(identity)?.[0] ?? '';
    const folder = await temporaryFolder();
    const make = (given?: string) =>
      createBackups({
        sources: { db: mysql({ url: database.adminUrl }) },
        targets: [local(folder)],
        encrypt: { recipients: [recipient] },
        drill: {
          into: { db: scratchMysql({ url: database.adminUrl }) },
          ...(given === undefined ? {} : { identity: given }),
        },
      });
    const { id } = await make().run();
    await expect(make().drill()).rejects.toMatchObject({ code: 'BACKUP_NO_KEY' });
    expect((await make().status()).lastDrill).toBeUndefined();
    const [report] = await make(key).drill();
    expect(report).toMatchObject({ backup: id, outcome: 'passed', compared: 'rows' });
    expect(await make().verify(id)).toEqual({ id, level: 'object', ok: true, findings: [] });
    expect(await make().verify(id, { identity: key })).toMatchObject({ level: 'structure', ok: true });
    expect(await scratches()).toEqual([]);
  });
});
