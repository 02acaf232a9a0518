import { type Clock, optionsOf, systemClock, wholeNumber } from '@seaworthy/contracts';
import { maxNotes, type SessionPlace, type SessionRecord, type SessionStore } from './session-store.js';

export interface MemorySessionStoreOptions {
  /** Past it the session that was not used for longest goes. @defaultValue 1000 */
  readonly maxSessions?: number;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

interface Kept extends SessionRecord, SessionPlace {
  readonly idleEndsAt: number;
  readonly notes: Map<string, { readonly note: string; readonly endsAt: number }>;
}

const readOptions = optionsOf<MemorySessionStoreOptions>('memorySessionStore', {
  maxSessions: true,
  clock: true,
});

/**
 * Keeps sessions in this process, for development and tests: a restart ends them and other processes do not know them, so
 * `createSessions` takes it in no other environment.
 *
 * @example
 * createSessions({ store: memorySessionStore(), environment: 'development', keys });
 */
export function memorySessionStore(options: MemorySessionStoreOptions = {}): SessionStore {
  const { maxSessions = 1_000, clock = systemClock } = readOptions(options);
  wholeNumber('memorySessionStore', 'maxSessions', maxSessions, { min: 1, max: 1_000_000 });
  /** The least recently used first. */
  const sessions = new Map<string, Kept>();

  function find(key: string): Kept | undefined {
    const kept = sessions.get(key);
    if (kept === undefined) return undefined;
    const now = clock.now();
    if (now < kept.idleEndsAt && now < kept.endsAt) return kept;
    sessions.delete(key);
    return undefined;
  }

  function put(kept: Kept): void {
    sessions.delete(kept.key);
    sessions.set(kept.key, kept);
  }

  const inGroup = (group: string): readonly Kept[] =>
    [...sessions.keys()].map(find).filter((kept): kept is Kept => kept?.group === group);

  return {
    developmentOnly: true,
    async create({ group, key }, { user, data, about, idleMs, lifetimeMs, maxPerUser }) {
      const now = clock.now();
      if (user !== undefined) {
        const oldest = [...inGroup(group)].sort((a, b) => a.endsAt - b.endsAt);
        for (const { key: other } of oldest.slice(0, Math.max(0, oldest.length + 1 - maxPerUser)))
          sessions.delete(other);
      }
      const times = { createdAt: now, seenAt: now, endsAt: now + lifetimeMs, idleEndsAt: now + idleMs };
      put({ group, key, user, data, about, revision: 0, ...times, notes: new Map() });
      for (const first of sessions.keys()) {
        if (sessions.size <= maxSessions) break;
        sessions.delete(first);
      }
    },
    async read({ key }, idleMs) {
      const kept = find(key);
      if (kept === undefined) return undefined;
      put({ ...kept, seenAt: clock.now(), idleEndsAt: clock.now() + idleMs });
      return kept;
    },
    async write({ key }, revision, data) {
      const kept = find(key);
      if (kept === undefined) return 'gone';
      if (kept.revision !== revision) return 'changed';
      put({ ...kept, data, revision: revision + 1 });
      return 'written';
    },
    async hold({ key }, name, note, lifetimeMs) {
      const kept = find(key);
      if (kept === undefined) return false;
      const { notes } = kept;
      notes.delete(name);
      const now = clock.now();
      for (const [other, { endsAt }] of notes) if (endsAt <= now) notes.delete(other);
      const [first] = [...notes].sort(([, a], [, b]) => a.endsAt - b.endsAt);
      if (first !== undefined && notes.size >= maxNotes) notes.delete(first[0]);
      notes.set(name, { note, endsAt: now + lifetimeMs });
      return true;
    },
    async take({ key }, name) {
      const notes = find(key)?.notes;
      const held = notes?.get(name);
      notes?.delete(name);
      return held !== undefined && held.endsAt > clock.now() ? held.note : undefined;
    },
    list: async (group) => inGroup(group).filter(({ user }) => user !== undefined),
    end: async (group, keys) =>
      keys.filter((key) => find(key)?.group === group && sessions.delete(key)).length,
    endAll: async (group, except) =>
      inGroup(group).filter(({ key }) => key !== except && sessions.delete(key)).length,
  };
}
