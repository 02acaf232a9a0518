export type { KeyInput } from '../keyring.js';
export { type MemorySessionStoreOptions, memorySessionStore } from './memory-session-store.js';
export { type RedisSessionStoreOptions, redisSessionStore } from './redis-session-store.js';
export type { CookieSink, LoginOptions, Session } from './session.js';
export type { SessionCookieOptions } from './session-cookie.js';
export { SessionError } from './session-error.js';
export type { NewSession, SessionPlace, SessionRecord, SessionStore, WriteOutcome } from './session-store.js';
export { createSessions, type SessionInfo, type Sessions } from './sessions.js';
export type { SessionsOptions } from './sessions-options.js';
