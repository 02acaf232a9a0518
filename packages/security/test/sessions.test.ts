import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret } from '@seaworthy/contracts';
import { createFakeClock, size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sessionOf, withSession } from '../src/adapters/node.js';
import {
  createSessions,
  memorySessionStore,
  type Session,
  type SessionStore,
  type Sessions,
  type SessionsOptions,
} from '../src/sessions/index.js';

interface Data {
  readonly count: number;
  readonly text: string;
}

const key = 'a-key-of-the-sessions-0123456789abcdef';
const newer = 'another-key-of-the-sessions-0123456789';

function sessionsWith(options: Partial<SessionsOptions> = {}): Sessions<Data> {
  return createSessions<Data>({ store: memorySessionStore(), keys: [key], environment: 'test', ...options });
}

/** A browser's side of it: what it sends and what it is told to keep. */
class Jar {
  cookie: string | undefined;
  lines: string[] = [];
  open = true;

  set(line: string): void {
    this.lines.push(line);
    this.cookie = line.includes('Max-Age=0') ? undefined : line.split(';')[0];
  }
}

const openIn = (sessions: Sessions<Data>, jar: Jar): Promise<Session<Data>> =>
  sessions.open({}, jar.cookie, jar);

async function loggedIn(sessions: Sessions<Data>, user = 'ada', about?: string): Promise<Jar> {
  const jar = new Jar();
  await (await openIn(sessions, jar)).login(user, { about });
  return jar;
}

const userIn = async (sessions: Sessions<Data>, jar: Jar): Promise<string | undefined> =>
  (await openIn(sessions, jar)).user;

describe('a session', () => {
  test('is nobody’s and writes nothing before it is used', async () => {
    const [sessions, jar] = [sessionsWith(), new Jar()];
    const session = await openIn(sessions, jar);
    expect([session.user, session.data, session.handle, jar.lines]).toEqual([undefined, {}, undefined, []]);
    expect(await session.take('state')).toBeUndefined();
  });

  test('begins with the data that login names, and with nothing of before', async () => {
    const [sessions, jar] = [sessionsWith(), new Jar()];
    const session = await openIn(sessions, jar);
    await session.update(() => ({ count: 1 }));
    await session.hold('state', 'x', 60_000);
    await session.login('ada', { data: { text: session.data.count === 1 ? 'kept' : '' } });
    expect([session.user, session.data]).toEqual(['ada', { text: 'kept' }]);
    const again = await openIn(sessions, jar);
    expect([again.user, again.data, await again.take('state')]).toEqual(['ada', { text: 'kept' }, undefined]);
  });

  test('has an id of 256 bits that stands in no record, list or handle', async () => {
    const store = memorySessionStore();
    const sessions = sessionsWith({ store });
    const jar = await loggedIn(sessions);
    const [, group = '', id = ''] = /1\.([\w-]+)\.([\w-]+)\./.exec(jar.cookie ?? '') ?? [];
    expect(Buffer.from(id, 'base64url')).toHaveLength(32);
    const known = JSON.stringify([await store.list(group), await sessions.list('ada')]);
    expect(known).toContain('ada');
    expect(known).not.toContain(id);
    expect((await openIn(sessions, jar)).handle).not.toContain(id);
  });

  test('loses no write of requests that ran at once', async () => {
    const sessions = sessionsWith();
    const jar = await loggedIn(sessions);
    const requests = await Promise.all(Array.from({ length: 8 }, () => openIn(sessions, jar)));
    await Promise.all(
      requests.map((session) => session.update((data) => ({ ...data, count: (data.count ?? 0) + 1 }))),
    );
    expect((await openIn(sessions, jar)).data).toEqual({ count: 8 });
  });

  test('that is changed faster than it can be written says so after eight times', async () => {
    const store: SessionStore = { ...memorySessionStore(), write: async () => 'changed' };
    const sessions = sessionsWith({ store });
    const session = await openIn(sessions, await loggedIn(sessions));
    let asked = 0;
    const change = (data: Partial<Data>): Partial<Data> => {
      asked += 1;
      return data;
    };
    await expect(session.update(change)).rejects.toMatchObject({
      code: 'SECURITY_SESSION_CONTENDED',
      statusCode: 409,
    });
    expect(asked).toBe(8);
  });

  test('that ended meanwhile is not brought back by a write', async () => {
    const sessions = sessionsWith();
    const jar = await loggedIn(sessions);
    const session = await openIn(sessions, jar);
    await sessions.endAll('ada');
    await expect(session.update(() => ({ count: 1 }))).rejects.toMatchObject({
      code: 'SECURITY_SESSION_GONE',
      statusCode: 401,
    });
    expect(session.user).toBeUndefined();
  });

  test('holds so many bytes and no more, and belongs to somebody with a name', async () => {
    const [sessions, jar] = [sessionsWith({ maxBytes: 64 }), new Jar()];
    const session = await openIn(sessions, jar);
    await expect(session.update(() => ({ text: 'x'.repeat(64) }))).rejects.toMatchObject({
      code: 'SECURITY_SESSION_TOO_LARGE',
    });
    for (const user of ['', 'x'.repeat(257)]) {
      await expect(session.login(user)).rejects.toMatchObject({ code: 'SECURITY_SESSION_USER' });
    }
    expect(jar.lines).toEqual([]);
  });

  test('is neither begun nor ended when the headers are sent already', async () => {
    const sessions = sessionsWith();
    const jar = await loggedIn(sessions);
    const session = await openIn(sessions, jar);
    jar.open = false;
    await expect(session.login('eve')).rejects.toMatchObject({ code: 'SECURITY_SESSION_TOO_LATE' });
    await expect(session.logout()).rejects.toMatchObject({ code: 'SECURITY_SESSION_TOO_LATE' });
    expect([await userIn(sessions, jar), jar.lines.length]).toEqual(['ada', 1]);
    await session.update(() => ({ count: 1 })); // needs no cookie
  });

  test('ends when it was idle, and after its lifetime, on the clock of the test', async () => {
    const clock = createFakeClock();
    const sessions = sessionsWith({
      store: memorySessionStore({ clock }),
      clock,
      idle: '30m',
      lifetime: '8h',
    });
    const [idle, busy] = [await loggedIn(sessions), await loggedIn(sessions)];
    for (let at = 1; at <= 16; at += 1) {
      await clock.advance(29.5 * 60_000);
      expect([at, await userIn(sessions, busy)]).toEqual([at, 'ada']);
    }
    expect(await userIn(sessions, idle)).toBeUndefined();
    await clock.advance(8 * 60_000 - 1);
    expect(await userIn(sessions, busy)).toBe('ada');
    await clock.advance(1);
    expect(await userIn(sessions, busy)).toBeUndefined();
  });
});

describe('the sessions of a user', () => {
  test('are listed with what was noted, and end one by one or all together', async () => {
    const sessions = sessionsWith();
    const [first, second, third] = [
      await loggedIn(sessions, 'ada', 'Firefox\r\nX: y'),
      await loggedIn(sessions, 'ada', 'x'.repeat(300)),
      await loggedIn(sessions, 'ada'),
    ];
    const eve = await loggedIn(sessions, 'eve');
    const list = await sessions.list('ada');
    expect(list.map(({ about }) => about).sort()).toEqual(['', 'Firefox  X: y', 'x'.repeat(200)]);
    const handleOf = async (jar: Jar): Promise<string> => (await openIn(sessions, jar)).handle ?? '';
    expect(await sessions.end('eve', await handleOf(first))).toBe(false);
    expect(await sessions.end('ada', await handleOf(first))).toBe(true);
    expect(await sessions.end('ada', await handleOf(second))).toBe(true);
    expect(await sessions.end('ada', 'nonsense')).toBe(false);
    const fourth = await loggedIn(sessions);
    expect(await sessions.endAll('ada', { except: await handleOf(fourth) })).toBe(1);
    const users = await Promise.all([first, second, third, fourth, eve].map((jar) => userIn(sessions, jar)));
    expect(users).toEqual([undefined, undefined, undefined, 'ada', 'eve']);
  });

  test('are at most so many; the oldest ends', async () => {
    const clock = createFakeClock();
    const sessions = sessionsWith({ maxPerUser: 2, store: memorySessionStore({ clock }), clock });
    const jars: Jar[] = [];
    for (let at = 0; at < 4; at += 1) {
      jars.push(await loggedIn(sessions));
      await clock.advance(1_000);
    }
    expect(await Promise.all(jars.map((jar) => userIn(sessions, jar)))).toEqual([
      undefined,
      undefined,
      'ada',
      'ada',
    ]);
  });
});

describe('keys', () => {
  test('are replaced without ending a session, whose user can still end it', async () => {
    const store = memorySessionStore();
    const before = sessionsWith({ store, keys: [key] });
    const after = sessionsWith({ store, keys: [new Secret('SESSION_KEY', newer), key] });
    const without = sessionsWith({ store, keys: [newer] });
    const old = await loggedIn(before);
    const fresh = await loggedIn(after);
    expect([await userIn(after, old), await userIn(after, fresh)]).toEqual(['ada', 'ada']);
    expect([await userIn(without, old), await userIn(before, fresh)]).toEqual([undefined, undefined]);
    expect(await after.list('ada')).toHaveLength(2);
    expect(await after.endAll('ada')).toBe(2);
    expect(await userIn(after, old)).toBeUndefined();
  });

  test('that are short, missing or too many are refused, and never repeated in the message', () => {
    for (const keys of [[], ['short-secret'], [key, 'short-secret'], Array.from({ length: 17 }, () => key)]) {
      let message = '';
      try {
        sessionsWith({ keys });
      } catch (error) {
        message = String(error);
      }
      expect(message).toContain('"keys"');
      expect(message).not.toContain('short-secret');
      expect(message).not.toContain(key);
    }
  });
});

describe('a cookie', () => {
  test('that nobody here signed asks the store nothing', async () => {
    let asked = 0;
    const memory = memorySessionStore();
    const store: SessionStore = {
      ...memory,
      read: (...args) => {
        asked += 1;
        return memory.read(...args);
      },
    };
    const sessions = sessionsWith({ store });
    const { cookie = '' } = await loggedIn(sessions);
    const [name = '', value = ''] = cookie.split('=');
    const signedBy = (word: string, purpose: string): string => {
      const text = value.split('.').slice(0, 3).join('.');
      const signature = createHmac('sha256', word).update(`${purpose}\0${text}`).digest('base64url');
      return `${name}=${text}.${signature}`;
    };
    expect(signedBy(key, 'session-cookie-1')).toBe(cookie); // the forger's way to sign is right
    const forged = [
      signedBy(newer, 'session-cookie-1'),
      signedBy(key, 'session-group'),
      `${cookie}A`,
      cookie.slice(0, -1),
      cookie.replace('=1.', '=2.'),
      `other=${value}`,
      `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}`,
    ];
    for (const header of forged) {
      const session = await sessions.open({}, header, new Jar());
      expect([header, session.user, asked]).toEqual([header, undefined, 0]);
    }
    expect((await sessions.open({}, `a=b; ${cookie}; c=d`, new Jar())).user).toBe('ada');
    expect(asked).toBe(1);
  });

  test('of any bytes is nobody, quickly and without an error', async () => {
    const sessions = sessionsWith();
    const { cookie = '' } = await loggedIn(sessions);
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('__Host-session=', cookie, ';', '=', '"', '%', '%ff', '1.', '__proto__=', 'a=b; '),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const header = pieces.join('');
        const { user } = await sessions.open({}, header, new Jar());
        expect(user === undefined || header.includes(cookie)).toBe(true);
      }),
      { numRuns: size({ test: 500, soak: 50_000 }) },
    );
    const huge = `__Host-session=${'1.'.repeat(500_000)}; ${cookie}`;
    expect((await sessions.open({}, huge, new Jar())).user).toBeUndefined();
  });

  test.each([
    ['in production and without Secure', { environment: 'production', cookie: { secure: false } }],
    ['in staging and without Secure', { environment: 'staging', cookie: { secure: false } }],
    ['without Secure and named __Host-', { cookie: { secure: false, name: '__Host-x' } }],
    ['with Secure and not named __Host-', { cookie: { name: 'sid' } }],
    ['named with a blank', { cookie: { name: '__Host-a b' } }],
    ['named with two prefixes', { cookie: { name: '__Host-__Host-a' } }],
  ] satisfies ReadonlyArray<readonly [string, Partial<SessionsOptions>]>)(
    '%s is refused',
    (_what, options) => {
      const store: SessionStore = { ...memorySessionStore(), developmentOnly: false };
      expect(() => sessionsWith({ store, ...options })).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION' }),
      );
    },
  );

  test('in development over plain HTTP has neither Secure nor the prefix that needs it', async () => {
    const sessions = sessionsWith({
      cookie: { secure: false, sameSite: 'strict' },
      lifetime: '1h',
      idle: '1h',
    });
    const { lines } = await loggedIn(sessions);
    expect(lines).toEqual([
      expect.stringMatching(/^session=1\.[\w.-]+; Max-Age=3600; Path=\/; HttpOnly; SameSite=Strict$/),
    ]);
  });
});

describe('options', () => {
  test('a memory store is for development and tests alone', () => {
    for (const environment of [undefined, 'production', 'staging'] as const) {
      const rest = environment === undefined ? {} : { environment };
      expect(() => createSessions({ store: memorySessionStore(), keys: [key], ...rest })).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('"store"') }),
      );
    }
    expect(() => sessionsWith({ environment: 'development' })).not.toThrow();
  });

  test.each([
    ['an idle time longer than the lifetime', { idle: '2h', lifetime: '1h' }],
    ['a lifetime of years', { lifetime: '400d' }],
    ['a lifetime of nothing', { lifetime: '10ms', idle: '10ms' }],
    ['no session per user', { maxPerUser: 0 }],
    ['no byte', { maxBytes: 1 }],
  ] satisfies ReadonlyArray<readonly [string, Partial<SessionsOptions>]>)('refuse %s', (_what, options) => {
    expect(() => sessionsWith(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });

  test('name the right one for one that there is not', () => {
    const options = { store: memorySessionStore(), keys: [key], lifetimes: '1h' };
    expect(() => createSessions(options)).toThrow('Did you mean "lifetime"?');
  });
});

test('a request that no adapter saw has no session to ask for', () => {
  expect(() => sessionsWith().of({})).toThrow(
    expect.objectContaining({ code: 'SECURITY_SESSION_NOT_LOADED' }),
  );
});

test.each([
  [
    'an object',
    (response: ServerResponse) => response.writeHead(201, { 'Cache-Control': 'public', 'X-A': '1' }),
  ],
  [
    'a list',
    (response: ServerResponse) => response.writeHead(201, 'Created', ['Cache-Control', 'public', 'X-A', '1']),
  ],
  ['nothing', (response: ServerResponse) => response.setHeader('X-A', '1').writeHead(201)],
  [
    'cookies of its own',
    (response: ServerResponse) => response.writeHead(201, { 'Set-Cookie': ['a=1', 'b=2'], 'X-A': '1' }),
  ],
  [
    'cookies of its own, in a list',
    (response: ServerResponse) =>
      Reflect.apply(response.writeHead, response, [201, ['Set-Cookie', ['a=1', 'b=2'], 'X-A', '1']]),
  ],
  [
    'cookies of its own, in pairs',
    (response: ServerResponse) =>
      Reflect.apply(response.writeHead, response, [
        201,
        [
          ['Set-Cookie', 'a=1'],
          ['set-cookie', 'b=2'],
          ['X-A', '1'],
        ],
      ]),
  ],
] as const)('the cookie joins a head that is written with %s', async (what, write) => {
  const sessions = sessionsWith();
  const mount = withSession(sessions);
  const server = createServer((request, response) => {
    mount(request, response, async () => {
      const session = sessionOf(sessions, request);
      await session.login('eve');
      await session.login('ada'); // the last one is what the browser keeps
      write(response);
      response.end(randomBytes(4).toString('hex'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    const cookies = answer.headers.getSetCookie();
    expect([answer.status, answer.headers.get('x-a'), answer.headers.get('cache-control')]).toEqual([
      201,
      '1',
      'no-store',
    ]);
    expect(cookies).toHaveLength(what.startsWith('cookies of its own') ? 3 : 1);
    const jar = new Jar();
    jar.set(cookies.at(-1) ?? '');
    expect(await userIn(sessions, jar)).toBe('ada');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
