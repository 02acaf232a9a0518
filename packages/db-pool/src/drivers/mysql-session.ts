import { configOf, type MysqlClient } from './mysql-client.js';

/** By the numbers that clients announce them with. */
const collations: ReadonlyMap<unknown, string> = new Map([
  [45, 'utf8mb4_general_ci'],
  [46, 'utf8mb4_bin'],
  [224, 'utf8mb4_unicode_ci'], // what mysql2 announces unless it is told otherwise
  [246, 'utf8mb4_unicode_520_ci'],
  [255, 'utf8mb4_0900_ai_ci'],
]);

/**
 * What decoding and the safety of writes rely on, whatever the server's defaults are (without `autocommit` a write ends with its session): the character set too, because there are servers
 * that do not heed the client's (`skip-character-set-client-handshake`). mysql2 asks for IGNORE_SPACE when it connects, and a reset of
 * the session takes it away.
 */
export class MysqlSession {
  /** The statement that puts it all in place. */
  readonly settings: string;
  readonly #client: MysqlClient;
  readonly #charset: unknown;

  /** @param client - As it was made: what it announces does not change any more. */
  constructor(client: MysqlClient) {
    this.#client = client;
    this.#charset = Reflect.get(configOf(client) ?? {}, 'charsetNumber');
    const collation = collations.get(this.#charset);
    const names = collation === undefined ? '' : `names utf8mb4 collate ${collation}, `;
    this.settings = `set ${names}autocommit = 1, time_zone = '+00:00', sql_mode = concat_ws(',', nullif(@@sql_mode, ''), 'STRICT_ALL_TABLES,IGNORE_SPACE')`;
  }

  /**
   * mysql2 encodes texts as somebody's `set names` said, and does not hear that a reset of the session takes it back: without this,
   * the texts of the next borrower would be stored as others.
   */
  encodeAsAtFirst(): void {
    Reflect.set(configOf(this.#client) ?? {}, 'charsetNumber', this.#charset);
  }
}
