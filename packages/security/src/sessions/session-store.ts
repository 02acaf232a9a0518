/** Where one session lies. Both words are made by the service; neither is what the browser keeps. */
export interface SessionPlace {
  /** The same for all sessions of one user, so that they lie together. */
  readonly group: string;
  /** The SHA-256 of the id that the browser keeps. */
  readonly key: string;
}

/** What is kept about a session. */
export interface SessionRecord {
  /** `undefined` before a login. */
  readonly user: string | undefined;
  /** JSON. */
  readonly data: string;
  /** How often the data was written. */
  readonly revision: number;
  /** What the application noted about it, a browser's name for example. */
  readonly about: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly seenAt: number;
  /** When it ends however much it is used. */
  readonly endsAt: number;
}

export interface NewSession {
  readonly user: string | undefined;
  readonly data: string;
  readonly about: string;
  readonly idleMs: number;
  readonly lifetimeMs: number;
  /** The oldest session of the user goes when there would be more. */
  readonly maxPerUser: number;
}

/** At most so many notes wait in one session; the one that expires first goes. */
export const maxNotes = 8;

/** `changed`: somebody else wrote meanwhile. */
export type WriteOutcome = 'written' | 'changed' | 'gone';

/** Where sessions are kept. Each call is one step: nobody sees half of it. */
export interface SessionStore {
  /** For a store outside the process: how long an answer is waited for, in milliseconds. */
  readonly deadlineMs?: number;
  /** Whether a restart ends all sessions, and another process knows none of them. */
  readonly developmentOnly?: boolean;
  create(place: SessionPlace, session: NewSession): Promise<void>;
  /** Finds a session and puts its idle end off. */
  read(place: SessionPlace, idleMs: number): Promise<SessionRecord | undefined>;
  /** Replaces the data if it was written so often as `revision` says. */
  write(place: SessionPlace, revision: number, data: string): Promise<WriteOutcome>;
  /** Keeps a note that can be taken once. `false` when there is no session. */
  hold(place: SessionPlace, name: string, note: string, lifetimeMs: number): Promise<boolean>;
  take(place: SessionPlace, name: string): Promise<string | undefined>;
  /** The sessions of a group that have not ended, with their keys. */
  list(group: string): Promise<ReadonlyArray<SessionRecord & { readonly key: string }>>;
  /** Ends these, and returns how many there were. */
  end(group: string, keys: readonly string[]): Promise<number>;
  /** Ends all of a group but `except`. */
  endAll(group: string, except: string | undefined): Promise<number>;
}
