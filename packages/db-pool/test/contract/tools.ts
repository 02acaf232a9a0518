import { waitFor } from '@seaworthy/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Db, sql } from '../../src/index.js';
import { refused } from '../support/refused.js';
import { hasCode, type Tool, type ToolCase } from '../support/tools.js';

export interface ToolServer {
  /** A database with `pool.max` 3 and `deadline.query` of 2 s. */
  open(): Db;
  /** The sleeping statements of this database that still run in the server. */
  sleepers(): Promise<number>;
}

class Deliberate extends Error {}

/** What a tool keeps of its own and what it gains, whichever it is. */
export function toolContract({ name, open }: ToolCase, server: ToolServer): void {
  describe(name, () => {
    let db: Db;
    let tool: Tool;

    beforeAll(async () => {
      db = server.open();
      await db.exec(sql`drop table if exists accounts`);
      await db.exec(sql`create table accounts (id int primary key, owner varchar(100) not null)`);
      tool = await open(db);
    });
    afterEach(async () => {
      // Whatever happened, everything came back and nothing is left open in it.
      await waitFor(() => db.stats().inUse === 0, { what: 'all connections to be back' });
      await db.exec(sql`delete from accounts`);
    });
    afterAll(async () => {
      await tool?.close();
      await db?.close();
    });

    test('writes and reads through the pool', async () => {
      await tool.insert(1, "O'Hara; drop table accounts");
      await tool.insert(2, 'Grace');
      expect(await tool.owners()).toEqual(["O'Hara; drop table accounts", 'Grace']);
    });

    test('commits what a transaction did, and undoes it when the work throws, leaving nothing open', async () => {
      await tool.inTransaction(1, 'kept', async () => undefined);
      const failing = tool.inTransaction(2, 'undone', async () => {
        throw new Deliberate();
      });
      await expect(failing).rejects.toBeInstanceOf(Deliberate);
      await waitFor(() => db.stats().inUse === 0, { what: 'the connection to be back' });
      expect(await tool.owners()).toEqual(['kept']);
    });

    test("sees the server's own errors and keeps its connection through them", async () => {
      await tool.insert(1, 'first');
      await waitFor(() => db.stats().inUse === 0, { what: 'the connection to be back' });
      const before = db.stats().total;
      for (let time = 0; time < 20; time += 1) {
        const error = await tool.insert(1, 'second').then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(tool.isUniqueViolation(error)).toBe(true);
      }
      const inWork = tool.inTransaction(1, 'third', async () => undefined);
      expect(tool.isUniqueViolation(await inWork.catch((reason: unknown) => reason))).toBe(true);
      expect(await tool.owners()).toEqual(['first']);
      expect(db.stats().total).toBe(before);
    });

    test('never has more connections than pool.max, whatever it asks for', async () => {
      let highest = 0;
      const work = Array.from({ length: 30 }, (_, id) =>
        tool
          .inTransaction(id, 'many', async () => {
            highest = Math.max(highest, db.stats().total);
            await tool.sleep(0);
          })
          // Transactions that wait for a second connection of three while they hold one may be turned away.
          .catch((error: unknown) => {
            if (!hasCode(error, 'DB_ACQUIRE_TIMEOUT')) throw error;
          }),
      );
      await Promise.all(work);
      expect(highest).toBeGreaterThan(0);
      expect(highest).toBeLessThanOrEqual(3);
    });

    test('is held to deadline.query: the caller gets a typed error and the server stops', async () => {
      const error = await tool.sleep(60).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(hasCode(error, 'DB_QUERY_TIMEOUT')).toBe(true);
      await waitFor(async () => (await server.sleepers()) === 0, { what: 'the server to stop' });
    });

    test('is held to deadline.acquire when all connections are taken', async () => {
      const held = await Promise.all([db.connect(), db.connect(), db.connect()]);
      const error = await tool.insert(9, 'nobody').then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(hasCode(error, 'DB_ACQUIRE_TIMEOUT')).toBe(true);
      expect((await refused(db.one(sql`select 1 as one`, { timeout: '50ms' }))).kind).toBe('acquire_timeout');
      await Promise.all(held.map((own) => own.release()));
      expect(await tool.owners()).toEqual([]);
    });
  });
}
