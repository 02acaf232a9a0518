import { randomUUID } from 'node:crypto';
import type { LogFields } from '@seaworthy/contracts';
import { silentLogger } from '@seaworthy/contracts';
import { createDb, type Db, sql } from '@seaworthy/db-pool';
import { mysql } from '@seaworthy/db-pool/mysql';
import { postgres } from '@seaworthy/db-pool/postgres';
import { createTestDatabase, describeWith, size, type TestDatabase } from '@seaworthy/testkit';
import mysql2 from 'mysql2';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Accounts, createAccounts } from '../src/accounts/accounts.js';

type Role = 'reader' | 'writer';

describeWith(['postgres'], 'accounts on PostgreSQL', () => {
  behaves('postgres', 'timestamptz', (url) => createDb(postgres(pg), { url }));
});

describeWith(['mysql'], 'accounts on MariaDB', () => {
  behaves('mysql', 'datetime(3)', (url) => createDb(mysql(mysql2), { url }));
});

/** One file of behaviours, whatever the engine is. */
function behaves(engine: 'postgres' | 'mysql', moment: string, open: (url: string) => Db): void {
  let database: TestDatabase;
  let db: Db;
  let accounts: Accounts<Role>;
  let lines: (LogFields | undefined)[];
  let ended: string[];
  let changes: object[];

  beforeAll(async () => {
    database = await createTestDatabase(engine);
    db = open(database.url);
    await using connection = await db.connect();
    await connection.script(`
      create table users (
        id char(36) primary key, email varchar(254) not null unique, name varchar(100) not null,
        password_hash varchar(255) not null, role varchar(20) not null, deactivated_at ${moment} null,
        created_at ${moment} not null default current_timestamp
      )`);
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
  });
  beforeEach(async () => {
    lines = [];
    ended = [];
    changes = [];
    await db.exec(sql`delete from users`);
    accounts = createAccounts<Role>({
      // Not once more after a deadlock, so that one is seen.
      db: { ...db, transaction: (work, options) => db.transaction(work, { ...options, retry: false }) },
      logger: { ...silentLogger, info: (_message, fields) => lines.push(fields) },
      trail: {
        changed: async (_tx, change, before, after) => void changes.push({ ...change, before, after }),
      },
      endSessions: async (_tx, userId) => ended.push(userId),
    });
  });

  async function person(name: string, role: Role | 'admin'): Promise<string> {
    const id = randomUUID();
    const row = { id, email: `${name.toLowerCase()}@a.example`, name, role, password_hash: 'x' };
    await db.exec(sql`insert into users ${sql.row(row)}`);
    return id;
  }

  it('changes a role and whether somebody may log in, with an audit line of who did it to whom', async () => {
    const [ada, ben] = [await person('Ada', 'admin'), await person('Ben', 'reader')];
    expect(await accounts.change(ada, ben, { role: 'writer' })).toMatchObject({
      role: 'writer',
      active: true,
    });
    expect(ended).toEqual([]);
    expect(await accounts.change(ada, ben, { active: false })).toMatchObject({
      role: 'writer',
      active: false,
    });
    expect(ended).toEqual([ben]);
    expect(await accounts.change(ada, ben, { active: true })).toMatchObject({ active: true });
    await accounts.change(ada, ben, { active: true, role: 'writer' }); // as it is: nothing to tell
    const subject = { actorId: ada, accountId: ben };
    expect(lines).toEqual([
      { action: 'account.role', ...subject, from: 'reader', to: 'writer' },
      { action: 'account.deactivate', ...subject },
      { action: 'account.reactivate', ...subject },
    ]);
    expect(changes).toMatchObject([
      { actor: ada, action: 'account.change', before: { role: 'reader' }, after: { role: 'writer' } },
      { target: { type: 'account', id: ben }, before: { active: true }, after: { active: false } },
      { before: { active: false }, after: { active: true } },
      { before: { active: true, role: 'writer' }, after: { active: true, role: 'writer' } },
    ]);
    expect((await accounts.list({ page: 1 })).users.map(({ name, role }) => [name, role])).toEqual([
      ['Ada', 'admin'],
      ['Ben', 'writer'],
    ]);
  });

  it('keeps the last active administrator, and tells nothing of a change that was refused', async () => {
    const [ada, old] = [await person('Ada', 'admin'), await person('Old', 'admin')];
    await accounts.change(ada, old, { active: false });
    lines.length = 0;
    for (const changes of [
      { role: 'writer' },
      { active: false },
      { role: 'reader', active: false },
    ] as const) {
      await expect(accounts.change(ada, ada, changes)).rejects.toMatchObject({
        status: 409,
        code: 'LAST_ADMIN',
      });
    }
    await expect(accounts.change(ada, randomUUID(), { role: 'reader' })).rejects.toMatchObject({
      status: 404,
    });
    expect(lines).toEqual([]);
    expect((await accounts.list({ page: 1, status: 'active' })).users).toMatchObject([
      { id: ada, role: 'admin' },
    ]);
    await accounts.change(ada, old, { active: true });
    expect(await accounts.change(ada, ada, { role: 'reader' })).toMatchObject({ role: 'reader' });
    await expect(accounts.change(ada, old, { role: 'reader' })).rejects.toMatchObject({ status: 403 });
  });

  it('never ends without an administrator and in no deadlock, whoever demotes whom at the same moment', async () => {
    for (let round = 0; round < size({ test: 25, soak: 500 }); round += 1) {
      await db.exec(sql`delete from users`);
      const ids = [await person('Ada', 'admin'), await person('Ben', 'admin'), await person('Cy', 'admin')];
      const attempts = ids.flatMap((actor) =>
        ids.map((id) => accounts.change(actor, id, { role: 'reader' })),
      );
      const outcomes = await Promise.allSettled(attempts);
      const { users } = await accounts.list({ page: 1 });
      expect(users.filter(({ role }) => role === 'admin')).toHaveLength(1);
      expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(2);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect([403, 409]).toContain(outcome.reason.status);
      }
    }
  });

  it('finds by name or address, as text and in any case, a page at a time', async () => {
    const ada = await person('Ada', 'admin');
    for (let at = 10; at < 31; at += 1) await person(`Person${at}`, 'reader');
    const gone = await person('Odd_%Name', 'reader');
    await accounts.change(ada, gone, { active: false });
    const found = async (search: string, status?: 'active' | 'deactivated') =>
      (await accounts.list({ search, status, page: 1 })).users.map(({ name }) => name);
    expect(await found('ADA')).toEqual(['Ada']);
    expect(await found(' person12@A.exam')).toEqual(['Person12']);
    expect(await found('_%')).toEqual(['Odd_%Name']);
    expect(await found('%erson')).toEqual([]);
    expect(await found('odd', 'active')).toEqual([]);
    expect(await found('', 'deactivated')).toEqual(['Odd_%Name']);
    const [first, second] = [await accounts.list({ page: 1 }), await accounts.list({ page: 2 })];
    expect(first).toMatchObject({ page: 1, pageSize: 20, total: 23 });
    expect([first.users.length, second.users.length]).toEqual([20, 3]);
    expect(Date.parse(first.users[0]?.createdAt ?? '')).toBeGreaterThan(Date.now() - 86_400_000);
  });

  it('makes an account once, and names the field of an address that is taken', async () => {
    const ada = await person('Ada', 'admin');
    const given = { email: 'New@a.example', name: 'New', role: 'writer', passwordHash: 'canary' } as const;
    const made = await accounts.add(ada, given);
    expect(made).toMatchObject({ email: 'new@a.example', role: 'writer', active: true });
    await expect(accounts.add(ada, { ...given, email: 'NEW@A.example' })).rejects.toMatchObject({
      status: 409,
      errors: [{ path: 'email' }],
    });
    expect(lines).toEqual([{ action: 'account.add', actorId: ada, accountId: made.id, role: 'writer' }]);
  });
}
