import type { DurationInput } from '@seaworthy/contracts';
import { waitFor } from '@seaworthy/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Db, type DbEvent, sql } from '../../src/index.js';
import { hasCode, type Tool, type ToolCase } from '../support/tools.js';

export interface ToolServer {
  /** A database with `pool.max` 3. */
  open(
    deadline: { readonly acquire: DurationInput; readonly query: DurationInput },
    onEvent?: (event: DbEvent) => void,
  ): Db;
  /** The sleeping statements of this database that still run in the server. */
  sleepers(): Promise<number>;
}

class Deliberate extends Error {}

/** What a tool keeps of its own and what it gains, whichever it is. */
export function toolContract({ name, open }: ToolCase, server: ToolServer): void {
  describe(name, () => {
    let db: Db;
    let tool: Tool;
    let connected = 0;

    beforeAll(async () => {
      db = server.open({ acquire: '20s', query: '30s' }, ({ type }) => {
        if (type === 'connected') connected += 1;
      });
      await db.ready({ timeout: '60s' });
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
      const before = connected;
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
      expect(connected).toBe(before);
    });

    test('never has more connections than pool.max, whatever it asks for', async () => {
      let highest = 0;
      const work = Array.from({ length: 30 }, (_, id) =>
        tool.inTransaction(id, 'many', async () => {
          highest = Math.max(highest, db.stats().total);
        }),
      );
      await Promise.all(work);
      expect(highest).toBeGreaterThan(0);
      expect(highest).toBeLessThanOrEqual(3);
      expect((await tool.owners()).length).toBe(30);
    });

    test('is held to deadline.query: the caller gets a typed error and the server stops', async () => {
      await using strict = server.open({ acquire: '10s', query: '1s' });
      await strict.ready();
      const held = await open(strict);
      const error = await held.sleep(60).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(hasCode(error, 'DB_QUERY_TIMEOUT')).toBe(true);
      await waitFor(async () => (await server.sleepers()) === 0, { what: 'the server to stop' });
      await held.close();
    });

    test('is held to deadline.acquire when all connections are taken', async () => {
      await using strict = server.open({ acquire: '300ms', query: '10s' });
      await strict.ready();
      const starved = await open(strict);
      const taken = await Promise.all([strict.connect(), strict.connect(), strict.connect()]);
      const error = await starved.insert(9, 'nobody').then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(hasCode(error, 'DB_ACQUIRE_TIMEOUT')).toBe(true);
      await Promise.all(taken.map((own) => own.release()));
      expect(await starved.owners()).toEqual([]);
      await starved.close();
    });
  });
}
