import { createTestDatabase, describeWith, type Need } from '@seaworthy/testkit';
import mysql2 from 'mysql2';
import pg from 'pg';
import { afterAll, beforeAll, describe } from 'vitest';
import { mysql } from '../../src/drivers/mysql.js';
import { pglite } from '../../src/drivers/pglite.js';
import { postgres } from '../../src/drivers/postgres.js';
import { createDb, type Db, type DbOptions } from '../../src/index.js';

/** What a contract test may ask of the engine it runs on. */
export interface Engine {
  readonly name: 'postgres' | 'mysql' | 'pglite';
  /** The database that the tests of one file share. */
  readonly db: Db;
  /** Another pool on the same database, which the caller closes. */
  open(options?: Omit<DbOptions, 'url' | 'connection'>): Db;
}

const engines: readonly {
  readonly name: Engine['name'];
  readonly needs: readonly Need[];
  readonly start: () => Promise<{ open: Engine['open']; drop(): Promise<void> }>;
}[] = [
  {
    name: 'postgres',
    needs: ['postgres'],
    async start() {
      const database = await createTestDatabase('postgres');
      return {
        open: (options = {}) => createDb(postgres(pg), { url: database.url, ...options }),
        drop: () => database.drop(),
      };
    },
  },
  {
    name: 'mysql',
    needs: ['mysql'],
    async start() {
      const database = await createTestDatabase('mysql');
      return {
        open: (options = {}) => createDb(mysql(mysql2), { url: database.url, ...options }),
        drop: () => database.drop(),
      };
    },
  },
  {
    name: 'pglite',
    needs: [],
    async start() {
      // In memory every pool is a database of its own, which is all that these tests need.
      return {
        open: (options = {}) => createDb(pglite(), { url: 'memory://', ...options }),
        drop: async () => undefined,
      };
    },
  },
];

/** Runs behaviours against every engine, or those of `only`; each is started once. */
export function describeEngines(
  behaviours: Readonly<Record<string, (engine: Engine) => void>>,
  only: readonly Engine['name'][] = ['postgres', 'mysql', 'pglite'],
): void {
  for (const { name, needs, start } of engines.filter((engine) => only.includes(engine.name))) {
    describeWith(needs, name, () => {
      let running: Awaited<ReturnType<typeof start>> | undefined;
      let db: Db | undefined;

      beforeAll(async () => {
        running = await start();
        db = running.open();
        await db.ready({ timeout: '2m' }); // PGlite computes for as long as the machine has little time for it
      });
      afterAll(async () => {
        await db?.close();
        await running?.drop();
      });

      const engine: Engine = {
        name,
        get db() {
          if (db === undefined) throw new Error('The engine is not started yet: use it inside a test.');
          return db;
        },
        open(options) {
          if (running === undefined) throw new Error('The engine is not started yet: use it inside a test.');
          return running.open(options);
        },
      };
      for (const [title, behaviour] of Object.entries(behaviours)) describe(title, () => behaviour(engine));
    });
  }
}
