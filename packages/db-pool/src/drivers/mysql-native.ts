import { configOf, type MysqlClient } from './mysql-client.js';

/** What mysql2 does by default, but exact: integers beyond 2^53 as text, and Dates in the session's time zone. */
const nativeValues = {
  supportBigNumbers: true,
  bigNumberStrings: false,
  dateStrings: false,
  jsonStrings: false,
  timezone: 'Z',
} as const;

/**
 * Lets a client give values as tools expect them: Dates and parsed JSON, which our own settings leave as text. Returns how to put
 * those back.
 */
export function useNativeValues(client: MysqlClient): () => void {
  const own = configOf(client);
  if (own === undefined) return () => undefined;
  const native: object = Object.assign(Object.create(own), nativeValues);
  Reflect.set(client, 'config', native);
  return () => {
    // mysql2 notes here in which character set texts go from now on, when the statement was `set names`.
    Reflect.set(own, 'charsetNumber', Reflect.get(native, 'charsetNumber'));
    Reflect.set(client, 'config', own);
  };
}
