import type { SessionCookie } from './session-cookie.js';
import { SessionError } from './session-error.js';
import type { SessionPlace, SessionRecord, SessionStore, WriteOutcome } from './session-store.js';

/** Where the answer to a request takes its cookie. The adapters make one. */
export interface CookieSink {
  /** Whether headers can still be added. */
  readonly open: boolean;
  /** Adds this Set-Cookie line, in place of one of the same session cookie, and sees that nobody stores the answer. */
  set(line: string): void;
}

export interface LoginOptions<Data> {
  /** What the session begins with. Nothing of the session before is taken over unless it is named here. @defaultValue {} */
  readonly data?: Partial<Data>;
  /** Shown where the user's sessions are listed: the browser's name, say. At most 200 characters are kept. */
  readonly about?: string | undefined;
}

/** The session of one request. */
export interface Session<Data extends object> {
  /** Who logged in; `undefined` for nobody. */
  readonly user: string | undefined;
  /** As it was read, or as this request left it. */
  readonly data: Readonly<Partial<Data>>;
  /** Names this session where the user's sessions are listed; it is of no use as a cookie. `undefined` when there is none. */
  readonly handle: string | undefined;
  /** Begins a session of `user` under a new id and ends the one before, so that nobody who knew its id shares it. */
  login(user: string, options?: LoginOptions<Data>): Promise<void>;
  /** Ends this session, and takes the cookie away. */
  logout(): Promise<void>;
  /**
   * Replaces the data by what `change` makes of it. When another request wrote meanwhile, `change` is asked again with what
   * that one wrote, so nothing is lost. Begins a session of nobody where there is none.
   *
   * @throws SessionError `SECURITY_SESSION_CONTENDED` after eight times, `SECURITY_SESSION_GONE` when it ended meanwhile,
   * `SECURITY_SESSION_TOO_LARGE`.
   */
  update(change: (data: Readonly<Partial<Data>>) => Partial<Data>): Promise<void>;
  /** Keeps a note that can be taken once, and of those at most 8. Begins a session of nobody where there is none. */
  hold(name: string, note: string, lifetimeMs: number): Promise<void>;
  /** The note of that name, to one caller alone; `undefined` when there is none, or not any more. */
  take(name: string): Promise<string | undefined>;
}

/** What a session needs of the sessions it is one of. */
export interface SessionHouse {
  readonly cookie: SessionCookie;
  readonly idleMs: number;
  readonly lifetimeMs: number;
  readonly maxPerUser: number;
  readonly maxBytes: number;
  /** Asks the store. @throws SessionError `SECURITY_SESSIONS_UNAVAILABLE` */
  ask<T>(question: (store: SessionStore) => Promise<T>): Promise<T>;
  groupOf(user: string | undefined): string;
  happened(event: 'login' | 'logout'): void;
}

interface Current {
  readonly place: SessionPlace;
  readonly record: Pick<SessionRecord, 'user' | 'data' | 'revision'>;
}

const attempts = 8;

/** Behaves as {@link Session} says, for a request that came with `current`. */
export function openSession<Data extends object>(
  house: SessionHouse,
  sink: CookieSink,
  found: Current | undefined,
): Session<Data> {
  let current = found;
  let data: Readonly<Partial<Data>> = parsed(found?.record.data);

  function assertOpen(): void {
    if (sink.open) return;
    throw new SessionError('The headers are sent. Log in, log out and begin sessions before you answer.', {
      code: 'SECURITY_SESSION_TOO_LATE',
      statusCode: 500,
    });
  }

  function textOf(content: object): string {
    const text = JSON.stringify(content);
    if (Buffer.byteLength(text) <= house.maxBytes) return text;
    throw new SessionError(
      `A session holds at most ${house.maxBytes} bytes. Keep the rest in the database.`,
      {
        code: 'SECURITY_SESSION_TOO_LARGE',
        statusCode: 500,
      },
    );
  }

  async function begin(
    user: string | undefined,
    content: Readonly<Partial<Data>>,
    about = '',
  ): Promise<Current> {
    assertOpen();
    const text = textOf(content);
    const { idleMs, lifetimeMs, maxPerUser } = house;
    const { place, value } = house.cookie.make(house.groupOf(user));
    await endCurrent(); // first, so that a failure leaves nobody with two sessions
    await house.ask((store) =>
      store.create(place, { user, data: text, about: plain(about), idleMs, lifetimeMs, maxPerUser }),
    );
    const begun = { place, record: { user, data: text, revision: 0 } };
    current = begun;
    data = parsed(text);
    if (sink.open) sink.set(house.cookie.line(value, lifetimeMs));
    return begun;
  }

  async function endCurrent(): Promise<void> {
    if (current === undefined) return;
    const { group, key } = current.place;
    await house.ask((store) => store.end(group, [key]));
    current = undefined;
    data = parsed(undefined);
  }

  return {
    get user() {
      return current?.record.user;
    },
    get data() {
      return data;
    },
    get handle() {
      return current?.place.key;
    },
    async login(user, { data: content, about } = {}) {
      if (typeof user !== 'string' || user === '' || user.length > 256) {
        throw new SessionError('A session belongs to a user id of 1 to 256 characters.', {
          code: 'SECURITY_SESSION_USER',
          statusCode: 500,
        });
      }
      await begin(user, content ?? parsed(undefined), about);
      house.happened('login');
    },
    async logout() {
      assertOpen();
      await endCurrent();
      if (sink.open) sink.set(house.cookie.line(undefined, 0));
      house.happened('logout');
    },
    async update(change) {
      let at: Current | undefined = current;
      if (at === undefined) {
        await begin(undefined, change(data));
        return;
      }
      for (let attempt = 1; attempt <= attempts; attempt += 1) {
        const place: SessionPlace = at.place;
        const record: Current['record'] = at.record;
        const text = textOf(change(data));
        const outcome: WriteOutcome = await house.ask((store) => store.write(place, record.revision, text));
        if (outcome === 'written') {
          current = { place, record: { ...record, data: text, revision: record.revision + 1 } };
          data = parsed(text);
          return;
        }
        const fresh: SessionRecord | undefined =
          outcome === 'gone' ? undefined : await house.ask((store) => store.read(place, house.idleMs));
        if (fresh === undefined) {
          current = undefined;
          data = parsed(undefined);
          throw gone();
        }
        at = { place, record: fresh };
        current = at;
        data = parsed(fresh.data);
      }
      throw new SessionError('Too many requests change this session at once. Try again.', {
        code: 'SECURITY_SESSION_CONTENDED',
        statusCode: 409,
      });
    },
    async hold(name, note, lifetimeMs) {
      const { place } = current ?? (await begin(undefined, data));
      textOf([name, note]);
      if (!(await house.ask((store) => store.hold(place, name, note, lifetimeMs)))) throw gone();
    },
    async take(name) {
      const place = current?.place;
      return place === undefined ? undefined : house.ask((store) => store.take(place, name));
    },
  };
}

function gone(): SessionError {
  return new SessionError('The session ended while the request was under way. Log in again.', {
    code: 'SECURITY_SESSION_GONE',
    statusCode: 401,
  });
}

function parsed<Data extends object>(text: string | undefined): Readonly<Partial<Data>> {
  return JSON.parse(text ?? '{}');
}

/** One line, because it comes from a header and ends in a list that people read. */
function plain(about: string): string {
  return about.replaceAll(/\p{Cc}/gu, ' ').slice(0, 200);
}
