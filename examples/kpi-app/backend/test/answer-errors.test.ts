import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { silentLogger } from '@seaworthy/contracts';
import { createDb, type Sql, sql } from '@seaworthy/db-pool';
import { pglite } from '@seaworthy/db-pool/pglite';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { answerErrors } from '../src/http/answer-errors.js';

describe('what the database says no to', () => {
  it('is the client’s fault when it is a value, and ours when it is the statement', async () => {
    await using db = createDb(pglite({ module: import.meta.resolve('@electric-sql/pglite') }), {
      connection: {},
    });
    // Text with NUL is refused by parse() and never gets here; db-pool would refuse it as a mistake of the program.
    const statements: readonly (readonly [number, Sql])[] = [
      [400, sql`select ${'0000-01-01'}::date`],
      [400, sql`select ${'1e9999'}::float8`],
      [400, sql`select ${'99999999999'}::integer`],
      [400, sql`select ${'x'}::uuid`],
      [500, sql`select 1 / ${0}::integer`],
      [500, sql`select nothing`],
    ];
    const app = express();
    app.get('/:at', async (req, res) => {
      const [, statement] = statements[Number(req.params.at)] ?? [];
      if (statement !== undefined) res.json(await db.many(statement));
    });
    app.use(answerErrors(silentLogger, { detailed: false }));
    const server = app.listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const answers = await Promise.all(
        statements.map(async (_, at) => (await fetch(`http://127.0.0.1:${port}/${at}`)).status),
      );
      expect(answers).toEqual(statements.map(([status]) => status));
    } finally {
      server.close();
    }
  });
});
