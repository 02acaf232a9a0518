import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTestDatabase } from '@seaworthy/testkit';
import pg from 'pg';

export interface InjectableServer extends AsyncDisposable {
  readonly url: string;
}

/** What an application must not be: `GET /list?search=` and `POST /login` put what they get into the text of a statement. */
export async function startInjectableServer(): Promise<InjectableServer> {
  const database = await createTestDatabase('postgres');
  const pool = new pg.Pool({ connectionString: database.url });
  await pool.query('create table people (id serial primary key, email text, name text)');
  await pool.query(
    `insert into people (email, name) select 'p' || n || '@example.com', 'P' || n from generate_series(1, 30) n`,
  );
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://here');
    try {
      const text = pathname === '/login' ? String(JSON.parse(Buffer.concat(parts).toString()).email) : '';
      const { rows } = await pool.query(
        pathname === '/login'
          ? `select id from people where email = '${text}'`
          : `select id, email, name from people where name like '%${searchParams.get('search')}%'`,
      );
      const known = pathname !== '/login' || rows.length > 0;
      response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' });
      response.end(JSON.stringify(known ? { rows } : { code: 'INVALID_CREDENTIALS' }));
    } catch (error) {
      response
        .writeHead(500, { 'content-type': 'application/json' })
        .end(`PostgreSQL query failed: ERROR: ${error}`);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await pool.end();
      await database.drop();
    },
  };
}
