import { createServer } from 'node:http';
import { connect } from 'node:net';
import { createFakeClock, describeHttpContract, type Mount, type Route, waitFor } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { auditRequests as expressAudit, requestLog as expressLog } from '../src/adapters/express.js';
import { auditRequests as fastifyAudit, requestLog as fastifyLog } from '../src/adapters/fastify.js';
import { auditRequests as nodeAudit, requestLog as nodeLog } from '../src/adapters/node.js';
import type { AuditEvent } from '../src/audit/index.js';
import { noteRecord } from '../src/requests/audited.js';
import { testLogger } from './support/memory-sink.js';

interface RecorderOptions {
  /** As a log in files, whose records stay, or one in SQL, whose records go with their transaction. */
  readonly stays?: boolean;
  /** What a record waits for, or fails with. */
  readonly disk?: () => Promise<void>;
}

/** Something that is recorded to as to a real log, without its files. */
function recorder({ stays = true, disk = () => Promise.resolve() }: RecorderOptions = {}) {
  const events: AuditEvent[] = [];
  return {
    events,
    record: (event: AuditEvent): Promise<void> =>
      noteRecord(
        disk().then(() => void events.push(event)),
        { outcome: event.outcome, stays },
      ),
  };
}

const own: AuditEvent = { actor: 'u2', action: 'order.create', outcome: 'success', changes: { id: 1 } };

interface World {
  readonly audit: ReturnType<typeof recorder>;
  /** What `/first` waits for, and what `POST /held` does once it is let go. */
  readonly first?: () => Promise<void>;
  readonly held?: () => Promise<void>;
  readonly seen?: string[];
  readonly clock?: ReturnType<typeof createFakeClock>;
}

function mount({ audit, first, held, seen = [], clock = createFakeClock() }: World): Mount {
  const { log } = testLogger();
  const options = {
    actor: () => 'u1',
    onError: (error: unknown) => {
      throw error;
    },
    clock,
  };
  const answers =
    (status: number, work?: () => Promise<unknown>): Route['handle'] =>
    async () => {
      await work?.();
      return { status, body: 'x' };
    };
  const routes: readonly Route[] = [
    { method: 'POST', path: '/plain/:id', handle: answers(200) },
    { method: 'PUT', path: '/recorded', handle: answers(200, () => audit.record(own)) },
    {
      method: 'POST',
      path: '/broken',
      handle: answers(500, () => audit.record({ ...own, outcome: 'failure' })),
    },
    { method: 'DELETE', path: '/rolled-back', handle: answers(500, () => audit.record(own)) },
    { method: 'POST', path: '/conflict', handle: answers(409, () => audit.record(own)) },
    {
      method: 'POST',
      path: '/refused',
      handle: answers(403, () => audit.record({ ...own, outcome: 'denied' })),
    },
    { method: 'POST', path: '/unwritten', handle: answers(200, () => audit.record(own).catch(() => null)) },
    {
      method: 'POST',
      path: '/unawaited',
      handle: answers(200, async () => void audit.record(own)),
    },
    { method: 'PATCH', path: '/denied', handle: answers(403) },
    { method: 'GET', path: '/read', handle: answers(200) },
    { method: 'GET', path: '/first', handle: answers(200, first) },
    {
      method: 'POST',
      path: '/mutate',
      handle: answers(200, async () => void seen.push('mutate')),
    },
    {
      method: 'POST',
      path: '/held',
      handle: answers(201, async () => {
        seen.push('held');
        await held?.();
      }),
    },
  ];
  return {
    node: (app) => {
      app.use(nodeLog(log));
      app.use(nodeAudit(audit.record, options));
    },
    express: (app) => {
      app.use(expressLog(log));
      app.use(expressAudit(audit.record, options));
    },
    fastify: (app) => {
      app.register(fastifyLog(log));
      app.register(fastifyAudit(audit.record, options));
    },
    routes,
  };
}

/** A promise and what settles it. */
function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const head = (line: string): string => `${line} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`;

describeHttpContract('requests that change something', (host) => {
  const template = host.name === 'node:http' ? '/plain/7' : '/plain/:id';

  test.each([
    ['POST', '/plain/7?token=x', [{ actor: 'u1', action: `POST ${template}`, outcome: 'success' }]],
    ['PUT', '/recorded', [{ actor: 'u2', action: 'order.create', outcome: 'success' }]],
    ['PATCH', '/denied', [{ actor: 'u1', outcome: 'denied' }]],
    ['POST', '/nowhere', [{ actor: 'u1', outcome: 'failure', details: { statusCode: 404 } }]],
    // The first went with its transaction.
    [
      'DELETE',
      '/rolled-back',
      [{ outcome: 'success' }, { outcome: 'failure', details: { statusCode: 500 } }],
    ],
    ['POST', '/conflict', [{ outcome: 'success' }, { outcome: 'failure', details: { statusCode: 409 } }]],
    ['POST', '/refused', [{ actor: 'u2', outcome: 'denied' }]],
    ['POST', '/unawaited', [{ actor: 'u2', outcome: 'success' }]],
  ])('%s %s has exactly one audit record that counts', async (method, path, expected) => {
    const audit = recorder();
    await using service = await host.serve(mount({ audit }));
    await fetch(`${service.url}${path}`, { method });
    await fetch(`${service.url}/read`);
    await waitFor(() => audit.events.length >= expected.length, { what: 'the record' });
    expect(audit.events).toMatchObject(expected);
    expect(audit.events).toHaveLength(expected.length);
  });

  test('a record of a failure counts, but in a transaction not when the request broke', async () => {
    const audit = recorder({ stays: false });
    await using service = await host.serve(mount({ audit }));
    await fetch(`${service.url}/refused`, { method: 'POST' });
    await fetch(`${service.url}/broken`, { method: 'POST' });
    await waitFor(() => audit.events.length === 3, { what: 'the records' });
    expect(audit.events.map(({ actor, outcome }) => [actor, outcome])).toEqual([
      ['u2', 'denied'],
      ['u2', 'failure'],
      ['u1', 'failure'],
    ]);
  });

  test('a record that could not be written does not count', async () => {
    let failures = 1;
    const audit = recorder({
      disk: async () => {
        failures -= 1;
        if (failures === 0) throw new Error('disk full');
      },
    });
    await using service = await host.serve(mount({ audit }));
    await fetch(`${service.url}/unwritten`, { method: 'POST' });
    await waitFor(() => audit.events.length === 1, { what: 'the record of the request' });
    expect(audit.events).toMatchObject([{ actor: 'u1', outcome: 'success' }]);
  });

  test('a request that is answered while its record is being written waits for it', async () => {
    const written = gate();
    const audit = recorder({ disk: () => written.opened });
    await using service = await host.serve(mount({ audit }));
    await (await fetch(`${service.url}/unawaited`, { method: 'POST' })).text();
    await (await fetch(`${service.url}/read`)).text();
    written.open();
    await waitFor(() => audit.events.length > 0, { what: 'the record' });
    await (await fetch(`${service.url}/read`)).text();
    expect(audit.events).toMatchObject([{ actor: 'u2' }]);
  });

  test('a request that was sent ahead on a connection and is given up has its record too', async () => {
    const audit = recorder();
    const first = gate();
    const seen: string[] = [];
    await using service = await host.serve(mount({ audit, seen, first: () => first.opened }));
    const socket = connect(service.port, '127.0.0.1');
    socket.write(head('GET /first') + head('POST /mutate').repeat(15));
    await waitFor(() => seen.length === 15, { what: 'the handler' });
    expect(audit.events).toEqual([]);
    socket.destroy();
    await waitFor(() => audit.events.length === 15, { what: 'the records' });
    first.open();
    await (await fetch(`${service.url}/read`)).text();
    expect(audit.events).toHaveLength(15);
    expect(audit.events[0]).toMatchObject({
      action: 'POST /mutate',
      outcome: 'success',
      details: { statusCode: 200, aborted: true },
    });
  });

  test.each([
    [
      'nothing',
      undefined,
      [{ actor: 'u1', outcome: 'success', details: { statusCode: 201, aborted: true } }],
    ],
    ['a record', own, [{ actor: 'u2', outcome: 'success' }]],
  ] as const)(
    'a handler whose client went away decides the outcome when it has answered, having written %s',
    async (_what, event, expected) => {
      const audit = recorder();
      const gone = gate();
      const seen: string[] = [];
      const held = async (): Promise<void> => {
        await gone.opened;
        if (event !== undefined) await audit.record(event);
        seen.push('done');
      };
      let closed = false;
      const world = mount({ audit, seen, held });
      await using service = await host.serve({
        ...world,
        server: (server) =>
          void server.on('request', (_request, response) => response.on('close', () => (closed = true))),
      });
      const socket = connect(service.port, '127.0.0.1');
      socket.write(head('POST /held'));
      await waitFor(() => seen.includes('held'), { what: 'the handler' });
      socket.destroy();
      await waitFor(() => closed, { what: 'the server to notice' });
      expect(audit.events).toEqual([]);
      gone.open();
      await waitFor(() => seen.includes('done') && audit.events.length > 0, { what: 'the record' });
      await (await fetch(`${service.url}/read`)).text();
      expect(audit.events).toMatchObject(expected);
      expect(audit.events).toHaveLength(1);
    },
  );

  test('a handler that never answers after its client went away is recorded as a failure after 30 s', async () => {
    const audit = recorder();
    const clock = createFakeClock();
    const seen: string[] = [];
    const gone = gate();
    await using service = await host.serve(mount({ audit, seen, clock, held: () => gone.opened }));
    const socket = connect(service.port, '127.0.0.1');
    socket.write(head('POST /held'));
    await waitFor(() => seen.includes('held'), { what: 'the handler' });
    socket.destroy();
    await waitFor(() => clock.pending === 1, { what: 'the deadline' });
    await clock.advance(29_999);
    expect(audit.events).toEqual([]);
    await clock.advance(1);
    await waitFor(() => audit.events.length === 1, { what: 'the record' });
    expect(audit.events).toMatchObject([{ outcome: 'failure', details: { aborted: true } }]);
    gone.open();
    await (await fetch(`${service.url}/read`)).text();
    expect(audit.events).toHaveLength(1);
  });
});

test('requests whose client was gone before they got here have their lines and their records', async () => {
  const audit = recorder();
  const { log, lines } = testLogger();
  const [logged, audited] = [
    nodeLog(log),
    nodeAudit(audit.record, { actor: () => 'u1', onError: () => undefined }),
  ];
  let called = 0;
  const gone = gate();
  // What asks somebody else first, such as a session store.
  const server = createServer(async (request, response) => {
    called += 1;
    await gone.opened;
    logged(request, response, () =>
      audited(request, response, () => setImmediate(() => response.end('done'))),
    );
  });
  server.on('connection', (socket) => socket.on('close', () => setImmediate(gone.open)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
  socket.write(head('POST /first') + head('POST /behind'));
  await waitFor(() => called === 2, { what: 'the server' });
  socket.destroy();
  await waitFor(() => audit.events.length === 2, { what: 'the records' });
  server.close();
  const answered = { outcome: 'success', details: { statusCode: 200, aborted: true } };
  expect(audit.events).toMatchObject([answered, answered]);
  expect(lines().map(({ url, statusCode, aborted }) => `${statusCode} ${url} ${aborted}`)).toEqual([
    '499 /first true',
    '499 /behind true',
  ]);
});

test('options are checked, and a place without a request log is refused', () => {
  const { record } = recorder();
  // @ts-expect-error a misspelt option
  expect(() => nodeAudit(record, { actr: () => null, onError: () => undefined })).toThrow(
    /Did you mean "actor"/,
  );
  // @ts-expect-error no function
  expect(() => nodeAudit(record, { actor: 'u1', onError: () => undefined })).toThrow(/"actor"/);
});
