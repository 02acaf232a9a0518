import { PrismaPg } from '@prisma/adapter-pg';
import { sql as drizzleSql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { Kysely, sql as kyselySql, PostgresDialect } from 'kysely';
import pg from 'pg';
import { DataSource, EntitySchema } from 'typeorm';
import { pgModule, pgPool } from '../../src/facades/pg-pool.js';
import { openPrisma } from './prisma-client.js';
import { hasCode, type ToolCase } from './tools.js';

const uniqueViolation = (error: unknown): boolean => hasCode(error, '23505');

interface Tables {
  accounts: { id: number; owner: string };
}

const kysely: ToolCase = {
  name: 'Kysely',
  async open(db) {
    const tool = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: pgPool(pg, db) }) });
    return {
      insert: async (id, owner) => {
        await tool.insertInto('accounts').values({ id, owner }).execute();
      },
      owners: async () =>
        (await tool.selectFrom('accounts').select('owner').orderBy('id').execute()).map(({ owner }) => owner),
      inTransaction: (id, owner, after) =>
        tool
          .transaction()
          .setIsolationLevel('serializable')
          .execute(async (trx) => {
            await trx.insertInto('accounts').values({ id, owner }).execute();
            await after();
          }),
      sleep: (seconds) => kyselySql`select pg_sleep(${seconds})`.execute(tool),
      isUniqueViolation: uniqueViolation,
      close: () => tool.destroy(),
    };
  },
};

const accounts = pgTable('accounts', { id: integer().primaryKey(), owner: text().notNull() });

const drizzleOrm: ToolCase = {
  name: 'Drizzle',
  async open(db) {
    const tool = drizzle({ client: pgPool(pg, db) });
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
          { isolationLevel: 'serializable' },
        ),
      sleep: (seconds) => tool.execute(drizzleSql`select pg_sleep(${seconds})`),
      isUniqueViolation: uniqueViolation,
      close: () => tool.$client.end(),
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
      type: 'postgres',
      driver: pgModule(pg, pgPool(pg, db)),
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
        tool.transaction('SERIALIZABLE', async (manager) => {
          await manager.getRepository(Account).insert({ id, owner });
          await after();
        }),
      sleep: (seconds) => tool.query('select pg_sleep($1)', [seconds]),
      isUniqueViolation: uniqueViolation,
      close: () => tool.destroy(),
    };
  },
};

const prisma: ToolCase = {
  name: 'Prisma',
  async open(db) {
    const tool = openPrisma(pgPool(pg, db));
    return {
      insert: async (id, owner) => {
        await tool.account.create({ data: { id, owner } });
      },
      owners: async () => (await tool.account.findMany({ orderBy: { id: 'asc' } })).map(({ owner }) => owner),
      inTransaction: (id, owner, after) =>
        tool.$transaction(
          async (tx) => {
            await tx.account.create({ data: { id, owner } });
            await after();
          },
          { isolationLevel: 'Serializable', maxWait: 20_000, timeout: 20_000 },
        ),
      sleep: (seconds) => tool.$queryRawUnsafe(`select pg_sleep(${seconds})::text`),
      isUniqueViolation: (error) => hasCode(error, 'P2002'),
      close: () => tool.$disconnect(),
    };
  },
};

const prismaAdapter: ToolCase = {
  name: "Prisma's adapter",
  async open(db) {
    const adapter = await new PrismaPg(pgPool(pg, db)).connect();
    const types = [
      { scalarType: 'int', arity: 'scalar' },
      { scalarType: 'string', arity: 'scalar' },
    ] as const;
    const insertion = (id: number, owner: string) => ({
      sql: 'insert into accounts (id, owner) values ($1, $2)',
      args: [id, owner],
      argTypes: [...types],
    });
    const plain = (sql: string) => ({ sql, args: [], argTypes: [] });
    return {
      insert: async (id, owner) => {
        await adapter.executeRaw(insertion(id, owner));
      },
      owners: async () => {
        const { rows } = await adapter.queryRaw(plain('select owner from accounts order by id'));
        return rows.map(([owner]) => String(owner));
      },
      // As Prisma's engine drives it: BEGIN is the adapter's, COMMIT and ROLLBACK are the engine's.
      async inTransaction(id, owner, after) {
        const tx = await adapter.startTransaction('SERIALIZABLE');
        try {
          await tx.executeRaw(insertion(id, owner));
          await after();
        } catch (error) {
          await tx.executeRaw(plain('ROLLBACK')).catch(() => undefined);
          await tx.rollback();
          throw error;
        }
        await tx.executeRaw(plain('COMMIT'));
        await tx.commit();
      },
      sleep: (seconds) => adapter.queryRaw(plain(`select pg_sleep(${seconds})::text`)),
      isUniqueViolation: (error) =>
        JSON.stringify(error).includes('UniqueConstraintViolation') && uniqueViolation(error),
      close: () => adapter.dispose(),
    };
  },
};

export const postgresTools: readonly ToolCase[] = [kysely, drizzleOrm, typeorm, prisma, prismaAdapter];
