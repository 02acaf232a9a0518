import { sql as drizzleSql } from 'drizzle-orm';
import { int, mysqlTable, varchar } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import { Kysely, sql as kyselySql, MysqlDialect } from 'kysely';
import mysql2 from 'mysql2';
import { DataSource, EntitySchema } from 'typeorm';
import { mysqlModule, mysqlPool } from '../../src/facades/mysql2-pool.js';
import { hasCode, type ToolCase } from './tools.js';

const isUniqueViolation = (error: unknown): boolean => hasCode(error, 'ER_DUP_ENTRY');

interface Tables {
  accounts: { id: number; owner: string };
}

const kysely: ToolCase = {
  name: 'Kysely',
  async open(db) {
    const tool = new Kysely<Tables>({ dialect: new MysqlDialect({ pool: mysqlPool(mysql2, db) }) });
    return {
      insert: async (id, owner) => {
        await tool.insertInto('accounts').values({ id, owner }).execute();
      },
      owners: async () =>
        (await tool.selectFrom('accounts').select('owner').orderBy('id').execute()).map(({ owner }) => owner),
      inTransaction: (id, owner, after) =>
        tool
          .transaction()
          .setIsolationLevel('read committed')
          .execute(async (trx) => {
            await trx.insertInto('accounts').values({ id, owner }).execute();
            await after();
          }),
      sleep: (seconds) => kyselySql`select sleep(${seconds})`.execute(tool),
      isUniqueViolation,
      close: () => tool.destroy(),
    };
  },
};

const accounts = mysqlTable('accounts', {
  id: int().primaryKey(),
  owner: varchar({ length: 100 }).notNull(),
});

const drizzleOrm: ToolCase = {
  name: 'Drizzle',
  async open(db) {
    const pool = mysqlPool(mysql2, db);
    const tool = drizzle({ client: pool });
    return {
      insert: async (id, owner) => {
        await tool.insert(accounts).values({ id, owner });
      },
      owners: async () => (await tool.select().from(accounts).orderBy(accounts.id)).map(({ owner }) => owner),
      inTransaction: (id, owner, after) =>
        tool.transaction(
          async (tx) => {
            await tx.insert(accounts).values({ id, owner });
            await tx.transaction(async () => undefined); // a savepoint
            await after();
          },
          { isolationLevel: 'read committed' },
        ),
      sleep: (seconds) => tool.execute(drizzleSql`select sleep(${seconds})`),
      isUniqueViolation,
      close: () => pool.promise().end(),
    };
  },
};

const Account = new EntitySchema<{ id: number; owner: string }>({
  name: 'accounts',
  columns: { id: { type: Number, primary: true }, owner: { type: String } },
});

const typeorm: ToolCase = {
  name: 'TypeORM',
  async open(db) {
    const tool = new DataSource({
      type: 'mysql',
      driver: mysqlModule(mysql2, mysqlPool(mysql2, db)),
      entities: [Account],
    });
    await tool.initialize();
    return {
      insert: async (id, owner) => {
        await tool.getRepository(Account).insert({ id, owner });
      },
      owners: async () =>
        (await tool.getRepository(Account).find({ order: { id: 'asc' } })).map(({ owner }) => owner),
      inTransaction: (id, owner, after) =>
        tool.transaction('READ COMMITTED', async (manager) => {
          await manager.getRepository(Account).insert({ id, owner });
          await after();
        }),
      sleep: (seconds) => tool.query('select sleep(?)', [seconds]),
      isUniqueViolation,
      close: () => tool.destroy(),
    };
  },
};

export const mysqlTools: readonly ToolCase[] = [kysely, drizzleOrm, typeorm];
