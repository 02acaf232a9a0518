import { existsSync, readFileSync, statSync } from 'node:fs';
import { Redis } from 'ioredis';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  describeWith,
  type Server,
  ServerStartFailed,
  startMariadb,
  startPostgres,
  startRedis,
  waitFor,
} from '../src/index.js';
import { presentOf, segmentsOf } from './segments.js';

/** Asks the server something that it must work for, on a new connection. */
type Ask = (url: string, timeoutMs?: number) => Promise<unknown>;

const askPostgres: Ask = async (url, timeoutMs = 20_000) => {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query('select 40 + 2 as answer')).rows[0].answer;
  } finally {
    client.end().catch(() => {});
  }
};

const askMariadb: Ask = async (url, timeoutMs = 20_000) => {
  const connection = await mysql.createConnection({ uri: url, connectTimeout: timeoutMs });
  connection.on('error', () => {});
  try {
    const [rows] = await connection.query({ sql: 'select 40 + 2 as answer', timeout: timeoutMs });
    return Array.isArray(rows) ? Object.values(rows[0] ?? {})[0] : undefined;
  } finally {
    connection.destroy();
  }
};

const askRedis: Ask = async (url, timeoutMs = 20_000) => {
  const client = new Redis(url, {
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    retryStrategy: () => null,
  });
  client.on('error', () => {});
  try {
    return Number(await client.eval('return 40 + 2', 0));
  } finally {
    client.disconnect();
  }
};

describeWith(['private postgres'], 'a private PostgreSQL', () => {
  behavesAsServer(() => startPostgres(), askPostgres, 5);
});

describeWith(['private mysql'], 'a private MariaDB', () => {
  behavesAsServer(() => startMariadb(), askMariadb, 0);
});

describeWith(['private redis'], 'a private Redis', () => {
  behavesAsServer(() => startRedis(), askRedis, 0);
});

/** What every private server does. @param children at least so many processes beside the main one */
function behavesAsServer(start: () => Promise<Server>, ask: Ask, children: number): void {
  let server: Server;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.close());

  test('answers on its port of 127.0.0.1, and only with its password', async () => {
    expect(await ask(server.url)).toBe(42);
    expect(server.host).toBe('127.0.0.1');
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(ask(wrong.href)).rejects.toThrow();
  });

  test('does not run as root, and nobody else may read its folder', () => {
    expect(statSync(`/proc/${server.pid}`).uid).not.toBe(0);
    expect(statSync(server.folder).mode & 0o077).toBe(0);
  });

  test('does not have its password in its command line', () => {
    const { password } = new URL(server.url);
    expect(readFileSync(`/proc/${server.pid}/cmdline`, 'utf8')).not.toContain(password);
  });

  test('answers nothing while frozen, with all its processes stopped, and goes on after thaw', async () => {
    await server.freeze();
    expect(stateOf(server.pid)).toBe('T');
    // One that had ended is a zombie until its parent, which is frozen, takes notice.
    const states = childrenOf(server.pid)
      .map(stateOf)
      .filter((state) => state !== 'Z');
    expect(states.length).toBeGreaterThanOrEqual(children);
    expect(new Set([...states, 'T'])).toEqual(new Set(['T']));
    await expect(ask(server.url, 500)).rejects.toThrow();
    expect(server.isAlive()).toBe(true);
    await server.thaw();
    expect(await waitFor(() => ask(server.url))).toBe(42);
  });

  test('is gone with all its processes after kill, and comes back on the same port and data', async () => {
    const { port, pid } = server;
    const family = [pid, ...childrenOf(pid)];
    await server.kill();
    expect(family.filter((one) => stateOf(one) !== undefined && stateOf(one) !== 'Z')).toEqual([]);
    expect(server.isAlive()).toBe(false);
    await expect(ask(server.url)).rejects.toThrow();
    await server.restart();
    expect(server.port).toBe(port);
    expect(server.pid).not.toBe(pid);
    expect(await ask(server.url)).toBe(42);
  });

  test('stops in order, even when it was frozen, and restarts', async () => {
    await server.freeze();
    await server.stop();
    expect(server.isAlive()).toBe(false);
    await server.restart();
    expect(await ask(server.url)).toBe(42);
  });

  test('shows its log, without the password', () => {
    expect(server.logs()).toMatch(/ready (to accept|for) connections/i);
    expect(server.logs()).not.toContain(new URL(server.url).password);
  });

  test('leaves neither process nor folder after close', async () => {
    const other = await start();
    const { pid, folder } = other;
    await other.close();
    expect(stateOf(pid) ?? 'Z').toBe('Z');
    expect(existsSync(folder)).toBe(false);
  });
}

describeWith(['private postgres'], 'a PostgreSQL that is killed', () => {
  test('keeps what was committed', async () => {
    await using postgres = await startPostgres();
    const client = new pg.Client(postgres.url);
    client.on('error', () => {});
    await client.connect();
    await client.query('create table kept (n int)');
    await client.query('insert into kept select generate_series(1, 1000)');
    await postgres.kill();
    await postgres.restart();
    const again = new pg.Client(postgres.url);
    await again.connect();
    expect((await again.query('select count(*)::int as n from kept')).rows).toEqual([{ n: 1000 }]);
    await again.end();
  });

  test('leaves no shared memory segment behind once it is closed', async () => {
    const postgres = await startPostgres();
    const segments = segmentsOf(postgres.folder);
    expect(presentOf(segments)).toHaveLength(1);
    await postgres.kill();
    await postgres.close();
    expect(presentOf(segments)).toEqual([]);
  });
});

describeWith(['private postgres'], 'the settings of a PostgreSQL', () => {
  test('of the caller win over those of the testkit', async () => {
    await using postgres = await startPostgres({ settings: { max_connections: 7, fsync: true } });
    const client = new pg.Client(postgres.url);
    await client.connect();
    expect((await client.query('show max_connections')).rows).toEqual([{ max_connections: '7' }]);
    expect((await client.query('show fsync')).rows).toEqual([{ fsync: 'on' }]);
    await client.end();
  });
});

describeWith(['private mysql'], 'the settings of a MariaDB', () => {
  test('of the caller win over those of the testkit', async () => {
    await using mariadb = await startMariadb({ settings: { max_connections: 17 } });
    const connection = await mysql.createConnection(mariadb.url);
    const [rows] = await connection.query("show variables like 'max_connections'");
    expect(rows).toEqual([{ Variable_name: 'max_connections', Value: '17' }]);
    connection.destroy();
  });
});

describeWith(['private redis'], 'the settings of a Redis', () => {
  test('of the caller win over those of the testkit', async () => {
    await using redis = await startRedis({ config: { maxmemory: '3mb', save: ['900 1', '60 100'] } });
    const commands = new Redis(redis.url);
    expect(await commands.config('GET', 'maxmemory')).toEqual(['maxmemory', String(3 * 1024 * 1024)]);
    expect(await commands.config('GET', 'save')).toEqual(['save', '900 1 60 100']);
    commands.disconnect();
  });
});

describeWith(['private postgres'], 'a PostgreSQL with a wrong setting', () => {
  test('a server that cannot start fails with the end of its log and without its password', async () => {
    const failure = await startPostgres({ settings: { shared_buffers: 'plenty' } }).catch(
      (error: unknown) => error,
    );
    expect(ServerStartFailed.is(failure)).toBe(true);
    expect(String(failure)).toMatch(/invalid value for parameter "shared_buffers"/);
    expect(String(failure)).not.toMatch(/pw[0-9a-f]{24}/);
  });
});

test('a misspelt option is refused with the right name', async () => {
  const wrong = { setings: {} };
  await expect(startPostgres(wrong as object)).rejects.toThrow('Did you mean "settings"?');
});

function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2)[0];
  } catch {
    return undefined;
  }
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}
