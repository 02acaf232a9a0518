import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeWith, type FaultProxy, startFaultProxy, startPostgres, waitFor } from '../src/index.js';

describe('a fault proxy before an echo server', () => {
  let echo: Server;
  let proxy: FaultProxy;
  const clients: Client[] = [];
  /** The echo server's ends of the connections. */
  const echoSockets: Socket[] = [];

  beforeEach(async () => {
    echo = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      echoSockets.push(socket);
      socket.pipe(socket);
    });
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const address = echo.address();
    if (typeof address !== 'object' || address === null) throw new Error('The echo server has no port.');
    proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: address.port } });
  });
  afterEach(async () => {
    for (const { socket } of clients.splice(0)) socket.destroy();
    await proxy.close();
    echoSockets.splice(0);
    echo.close();
  });

  async function open(): Promise<Client> {
    const client = new Client(connect({ port: proxy.port, host: proxy.host, allowHalfOpen: true }));
    clients.push(client);
    await once(client.socket, 'connect');
    return client;
  }

  test('passes bytes and ends both ways, and counts connections', async () => {
    const client = await open();
    const large = Buffer.alloc(5 * 1024 * 1024, 'x');
    client.socket.end(large);
    await waitFor(() => client.ended);
    expect(client.bytes.equals(large)).toBe(true);
    expect(proxy.accepted).toBe(1);
    await waitFor(() => proxy.connections === 0);
  });

  test('latency holds every byte back, also on a connection that is open already', async () => {
    const client = await open();
    await client.roundTrip('fast');
    proxy.latency(200);
    // Two ways of 200 ms; a timer may fire a little early by the other clock, never half a way.
    expect(await client.roundTrip('slow')).toBeGreaterThan(380);
  });

  test('latency of one direction leaves the other alone, and ends with clear', async () => {
    const client = await open();
    await client.roundTrip('hello');
    let heard = '';
    echoSockets[0]?.on('data', (bytes: Buffer) => {
      heard += bytes.toString();
    });
    proxy.latency(3_600_000, { direction: 'toClient' });
    client.socket.write('later');
    await waitFor(() => heard === 'later');
    await settle();
    expect(client.text).toBe('hello');
    await proxy.clear();
    await waitFor(() => client.text === 'hellolater');
  });

  test('latency with jitter keeps the order of bytes', async () => {
    proxy.latency(5, { jitterMs: 20 });
    const client = await open();
    const sent = Array.from({ length: 30 }, (_, n) => `${n},`);
    for (const piece of sent) {
      client.socket.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await waitFor(() => client.text.length === sent.join('').length);
    expect(client.text).toBe(sent.join(''));
  });

  test('drip passes no more bytes a second than it was told, in small pieces', async () => {
    proxy.drip(2_000, { direction: 'toClient' });
    const client = await open();
    const startedAt = performance.now();
    client.socket.write('x'.repeat(1_000));
    await waitFor(() => client.text.length === 1_000);
    expect(performance.now() - startedAt).toBeGreaterThan(400);
    expect(client.pieces).toBeGreaterThan(5);
  });

  test('a blackhole accepts and answers nothing, and what was held passes after clear', async () => {
    const before = await open();
    proxy.blackhole();
    const after = await open();
    before.socket.write('before');
    after.socket.write('after');
    after.socket.end();
    proxy.latency(0);
    await waitFor(() => proxy.connections === 2);
    await settle();
    expect([before.text, after.text, after.ended, after.closed]).toEqual(['', '', false, false]);
    await proxy.clear();
    await waitFor(() => before.text === 'before' && after.text === 'after' && after.ended);
  });

  test('a blackhole hides from the other side that one side died', async () => {
    const client = await open();
    await client.roundTrip('hello');
    proxy.blackhole();
    for (const socket of echoSockets) socket.resetAndDestroy();
    await settle();
    expect([client.ended, client.closed]).toEqual([false, false]);
    await proxy.clear();
    await waitFor(() => client.error === 'ECONNRESET');
  });

  test('refuse turns new connections away and leaves open ones alone', async () => {
    const client = await open();
    await proxy.refuse();
    await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await client.roundTrip('still here');
    await proxy.clear();
    await (await open()).roundTrip('again');
  });

  test('reset ends open connections with a TCP reset, and new ones only when asked', async () => {
    const first = await open();
    await first.roundTrip('hello');
    proxy.reset();
    await waitFor(() => first.error === 'ECONNRESET');
    const second = await open();
    await second.roundTrip('hello');
    proxy.reset({ newToo: true });
    await waitFor(() => second.error === 'ECONNRESET');
    const third = await open().catch((error: unknown) => error);
    if (third instanceof Client) await waitFor(() => third.error === 'ECONNRESET');
    else expect(third).toMatchObject({ code: 'ECONNRESET' });
    await proxy.clear();
    await (await open()).roundTrip('again');
  });

  test('half-close ends what the client hears, not what it may say', async () => {
    const client = await open();
    await client.roundTrip('hello');
    const received = echoSockets[0];
    const heard: Buffer[] = [];
    received?.on('data', (bytes: Buffer) => heard.push(bytes));
    proxy.halfClose('client');
    await waitFor(() => client.ended);
    client.socket.write('still talking');
    await waitFor(() => Buffer.concat(heard).toString() === 'still talking');
    expect(client.closed).toBe(false);
  });

  test('corrupt flips one byte after so many, or every nth', async () => {
    proxy.corrupt({ direction: 'toClient', afterBytes: 3 });
    const once = await open();
    await once.roundTrip('ab');
    once.socket.write('cdef');
    await waitFor(() => once.bytes.length === 6);
    expect([...once.bytes]).toEqual([97, 98, 99, 100 ^ 0xff, 101, 102]);

    proxy.corrupt({ direction: 'toClient', everyNth: 2 });
    once.socket.write('abcd');
    await waitFor(() => once.bytes.length === 10);
    expect([...once.bytes.subarray(6)]).toEqual([97 ^ 0xff, 98, 99 ^ 0xff, 100]);
    await proxy.clear();
    once.socket.write('clean');
    await waitFor(() => once.text.endsWith('clean'));
  });

  test('cutAfter lets exactly so many bytes arrive and then ends the connection', async () => {
    proxy.cutAfter(4, { direction: 'toClient' });
    const client = await open();
    client.socket.write('ab');
    client.socket.write('cdefgh');
    await waitFor(() => client.ended);
    expect(client.text).toBe('abcd');
  });

  test('shows a target that is down as a reset', async () => {
    echo.close();
    const client = await open();
    await waitFor(() => client.error === 'ECONNRESET' || client.closed);
  });

  test('a misspelt option is refused with the right name', () => {
    const wrong: object = { jiterMs: 3 };
    expect(() => proxy.latency(10, wrong)).toThrow('Did you mean "jitterMs"?');
  });
});

describeWith(['private postgres'], 'a fault proxy before PostgreSQL', () => {
  test('lets the real pg driver work through it, and each fault reaches it', async () => {
    await using postgres = await startPostgres();
    await using proxy = await startFaultProxy({ target: postgres });
    const client = new pg.Client({ connectionString: proxy.url(postgres.url) });
    const errors: unknown[] = [];
    client.on('error', (error) => errors.push(error));
    await client.connect();
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);

    proxy.latency(100);
    const startedAt = performance.now();
    await client.query('select 1');
    expect(performance.now() - startedAt).toBeGreaterThan(190);
    proxy.latency(0);

    proxy.blackhole();
    const hanging: pg.QueryConfig & { query_timeout: number } = { text: 'select 2', query_timeout: 300 };
    await expect(client.query(hanging)).rejects.toThrow('timeout');
    await proxy.clear();

    proxy.cutAfter(10, { direction: 'toClient' });
    const other = new pg.Client({ connectionString: proxy.url(postgres.url) });
    other.on('error', () => {});
    await expect(other.connect()).rejects.toThrow(/terminated unexpectedly/);
    await proxy.clear();

    proxy.reset();
    await waitFor(() => errors.length > 0);
    await proxy.refuse();
    await expect(new pg.Client(proxy.url(postgres.url)).connect()).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });
});

/** Remembers what a socket saw. */
class Client {
  readonly socket: Socket;
  bytes = Buffer.alloc(0);
  pieces = 0;
  ended = false;
  closed = false;
  error: string | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (piece: Buffer) => {
      this.bytes = Buffer.concat([this.bytes, piece]);
      this.pieces += 1;
    });
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code;
    });
  }

  get text(): string {
    return this.bytes.toString('latin1');
  }

  /** Sends and waits for the echo; resolves with how long that took. */
  async roundTrip(text: string): Promise<number> {
    const expected = this.text + text;
    const startedAt = performance.now();
    this.socket.write(text);
    await waitFor(() => this.text === expected, { everyMs: 2, what: `the echo of "${text}"` });
    return performance.now() - startedAt;
  }
}

/** Lets everything that is on its way on this machine arrive. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}
