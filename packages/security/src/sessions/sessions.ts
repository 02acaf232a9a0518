import { randomBytes } from 'node:crypto';
import {
  type Closable,
  type Degraded,
  type HealthCheck,
  invalidOption,
  readEnvironment,
  silentLogger,
  silentMetrics,
  systemClock,
  wholeNumber,
} from '@seaworthy/contracts';
import { createKeyring } from '../keyring.js';
import { createRemote, reasonOf } from '../remote-store.js';
import { type CookieSink, openSession, type Session, type SessionHouse } from './session.js';
import { sessionCookie } from './session-cookie.js';
import { SessionError, sessionsUnavailable } from './session-error.js';
import type { SessionRecord, SessionStore } from './session-store.js';
import {
  readCookieOptions,
  readSessionsOptions,
  type SessionsOptions,
  sessionTimes,
} from './sessions-options.js';

/** One of a user's sessions. */
export interface SessionInfo {
  /** For `end`; it is of no use as a cookie. */
  readonly handle: string;
  readonly about: string;
  readonly createdAt: Date;
  readonly seenAt: Date;
  readonly endsAt: Date;
}

export interface Sessions<Data extends object> extends Closable {
  /**
   * Finds the session that a Cookie header names, and puts its idle end off. A header that names none, or one that nobody
   * here signed, asks the store nothing.
   *
   * @throws SessionError `SECURITY_SESSIONS_UNAVAILABLE` within the store's deadline.
   */
  open(request: object, cookieHeader: string | undefined, sink: CookieSink): Promise<Session<Data>>;
  /** The session of a request that was opened before. @throws SessionError `SECURITY_SESSION_NOT_LOADED` */
  of(request: object): Session<Data>;
  /** What a CSRF token of the session that a Cookie header names is bound to. It asks the store nothing. */
  bindingOf(cookieHeader: string | undefined): string | undefined;
  /** A user's sessions, the newest first. */
  list(user: string): Promise<readonly SessionInfo[]>;
  /** Ends one of a user's sessions; `false` when there is no such. */
  end(user: string, handle: string): Promise<boolean>;
  /** Ends all of a user's sessions, but the one whose handle is named, and returns how many there were. */
  endAll(user: string, options?: { readonly except?: string | undefined }): Promise<number>;
  /** Degraded while the store is down. It asks the store nothing. */
  healthCheck(): HealthCheck<'local'>;
}

/**
 * Sessions that end on the server: the browser keeps a random, signed id of 256 bits, the store its hash. Who logs in gets a
 * new id; when the store does not answer, a request with a session gets an error with status 503 and never a session.
 *
 * @throws OptionsError for lifetimes, keys, cookies and stores that cannot be safe.
 *
 * @example
 * const sessions = createSessions<{ theme: string }>({ store: redisSessionStore(redis, { prefix: 'crm' }), keys: [config.SESSION_KEY] });
 * app.use(withSession(sessions));
 * app.post('/login', async (req, res) => {
 *   await sessionOf(sessions, req).login(user.id, { about: req.headers['user-agent'] });
 *   res.status(204).end();
 * });
 */
export function createSessions<Data extends object = Record<string, unknown>>(
  options: SessionsOptions,
): Sessions<Data> {
  const {
    store,
    keys,
    maxPerUser = 20,
    maxBytes = 4_096,
    logger = silentLogger,
    metrics = silentMetrics,
    clock = systemClock,
  } = readSessionsOptions(options);
  const owner = 'createSessions';
  const environment = readEnvironment(owner, options.environment);
  const { idleMs, lifetimeMs } = sessionTimes(options);
  wholeNumber(owner, 'maxPerUser', maxPerUser, { min: 1, max: 1_000 });
  wholeNumber(owner, 'maxBytes', maxBytes, { min: 64, max: 1_048_576 });
  if (store.developmentOnly === true && environment !== 'development' && environment !== 'test') {
    throw invalidOption(owner, 'store', `one that other processes and a restart know, in ${environment}`);
  }
  const keyring = createKeyring(owner, 'keys', keys);
  const cookie = sessionCookie(readCookieOptions(options.cookie ?? {}), environment, keyring);
  const counter = metrics.counter({
    name: 'seaworthy.security.sessions',
    description: 'What happened to sessions, by event.',
    unit: '{event}',
  });
  const up = metrics.gauge({
    name: 'seaworthy.security.session.store.up',
    description: 'Whether the store of the sessions answers: 1 or 0.',
    unit: '1',
  });
  up.set(1);
  const { deadlineMs } = store;
  const remote =
    deadlineMs === undefined
      ? undefined
      : createRemote({
          what: 'session store',
          deadlineMs,
          clock,
          onChange: (change) => {
            up.set(change.state === 'up' ? 1 : 0);
            if (change.state === 'up') logger.info('Session store answers again', { downMs: change.downMs });
            else
              logger.error('Session store is down; requests with a session get 503', {
                reason: change.reason,
              });
          },
        });

  async function ask<T>(question: (from: SessionStore) => Promise<T>): Promise<T> {
    try {
      return remote === undefined ? await question(store) : await remote.call(() => question(store));
    } catch (error) {
      counter.add(1, { event: 'unavailable' });
      logger.debug('A session could not be asked for', { reason: reasonOf(error) });
      throw sessionsUnavailable();
    }
  }

  /** A key that was replaced named the groups of sessions that go on. */
  const groupsOf = (user: string) => keyring.names('session-group', user);
  const house: SessionHouse = {
    cookie,
    idleMs,
    lifetimeMs,
    maxPerUser,
    maxBytes,
    ask,
    groupOf: (user) => (user === undefined ? randomBytes(16).toString('base64url') : groupsOf(user)[0]),
    happened: (event) => counter.add(1, { event }),
  };
  const opened = new WeakMap<object, Session<Data>>();
  const close = async (): Promise<void> => undefined;

  return {
    async open(request, cookieHeader, sink) {
      const place = cookie.read(cookieHeader);
      const record = place === undefined ? undefined : await ask((from) => from.read(place, idleMs));
      const found = place === undefined || !isReadable(record) ? undefined : { place, record };
      const session = openSession<Data>(house, sink, found);
      opened.set(request, session);
      return session;
    },
    of(request) {
      const session = opened.get(request);
      if (session !== undefined) return session;
      throw new SessionError('This request has no session. Mount withSession(sessions) before the handler.', {
        code: 'SECURITY_SESSION_NOT_LOADED',
        statusCode: 500,
      });
    },
    bindingOf: (cookieHeader) => cookie.read(cookieHeader)?.key,
    async list(user) {
      const found = await Promise.all(groupsOf(user).map((group) => ask((from) => from.list(group))));
      return found
        .flat()
        .filter((record) => record.user === user)
        .sort((a, b) => b.createdAt - a.createdAt)
        .map(infoOf);
    },
    async end(user, handle) {
      const ended = await Promise.all(
        groupsOf(user).map((group) => ask((from) => from.end(group, [handle]))),
      );
      return ended.some((count) => count > 0);
    },
    async endAll(user, { except } = {}) {
      const ended = await Promise.all(
        groupsOf(user).map((group) => ask((from) => from.endAll(group, except))),
      );
      return ended.reduce((sum, count) => sum + count, 0);
    },
    healthCheck: () => ({
      kind: 'local',
      probe: async () => (remote?.up === false ? storeDown : undefined),
    }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Whoever damaged it, nobody is logged in by it. */
function isReadable(record: SessionRecord | undefined): record is SessionRecord {
  if (record === undefined) return false;
  try {
    const data: unknown = JSON.parse(record.data);
    return typeof data === 'object' && data !== null && !Array.isArray(data);
  } catch {
    return false;
  }
}

const storeDown: Degraded = { status: 'degraded', reason: 'the session store does not answer' };

function infoOf(record: SessionRecord & { readonly key: string }): SessionInfo {
  const { key, about, createdAt, seenAt, endsAt } = record;
  return {
    handle: key,
    about,
    createdAt: new Date(createdAt),
    seenAt: new Date(seenAt),
    endsAt: new Date(endsAt),
  };
}
