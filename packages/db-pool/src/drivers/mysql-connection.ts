import { DbError } from '../db-error.js';
import type { DriverConnection, DriverResult, TransactionState } from '../driver.js';
import type { Statement } from '../sql/compile.js';
import { buildRows } from './build-rows.js';
import { columnDecoder, encodeParameter, type MysqlColumn } from './mysql-codec.js';
import { mysqlError, mysqlFailure } from './mysql-error.js';
import { splitScript } from './split-script.js';

type Answer = (error: unknown, rows?: unknown, columns?: unknown) => void;

/** The part of a mysql2 connection that is used. */
export interface MysqlClient {
  readonly threadId: number | null;
  connect(answer: (error: unknown) => void): void;
  query(options: { readonly sql: string; readonly rowsAsArray: true }, answer: Answer): unknown;
  execute(
    options: { readonly sql: string; readonly rowsAsArray: true },
    values: unknown[],
    answer: Answer,
  ): unknown;
  ping(answer: (error: unknown) => void): void;
  end(answer: (error: unknown) => void): void;
  on(event: 'error' | 'end', listener: () => void): unknown;
}

/** What decoding and the safety of writes rely on, whatever the server's defaults are. */
const sessionSettings = `set time_zone = '+00:00', sql_mode = concat_ws(',', nullif(@@sql_mode, ''), 'STRICT_ALL_TABLES')`;

/** Bit 0 of the status flags: a transaction is open. */
const inTransactionFlag = 1;

/** One mysql2 connection as a connection of the pool. */
export class MysqlConnection implements DriverConnection {
  readonly #client: MysqlClient;
  readonly #encodeInteger: (value: bigint) => unknown;
  readonly #kill: () => Promise<void>;
  #isOpen = true;
  #lost: () => void = () => undefined;
  #inTransaction = false;

  constructor(client: MysqlClient, encodeInteger: (value: bigint) => unknown, kill: () => Promise<void>) {
    this.#client = client;
    this.#encodeInteger = encodeInteger;
    this.#kill = kill;
    // For the client's whole life: an 'error' without a listener ends the process.
    client.on('error', () => this.#close());
    client.on('end', () => this.#close());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get transactionState(): TransactionState {
    return this.#inTransaction ? 'open' : 'none';
  }

  onLost(listener: () => void): void {
    this.#lost = listener;
  }

  async query({ text, values }: Statement): Promise<DriverResult> {
    const parameters = values.map((value) => {
      const encoded = encodeParameter(value);
      return typeof encoded === 'bigint' ? this.#encodeInteger(encoded) : encoded;
    });
    const options = { sql: text, rowsAsArray: true } as const;
    const [rows, columns] = await this.#send((answer) => {
      // Without values the text protocol does: some statements cannot be prepared, and one round trip is saved.
      if (parameters.length === 0) this.#client.query(options, answer);
      else this.#client.execute(options, parameters, answer);
    });
    return Array.isArray(rows) ? rowsResult(rows, columns) : this.#changeResult(rows);
  }

  async script(text: string): Promise<void> {
    for (const sql of splitScript(text)) await this.query({ text: sql, values: [] });
  }

  async ping(): Promise<void> {
    await this.#send((answer) => this.#client.ping(answer));
  }

  async reset(): Promise<void> {
    await this.#send((answer) => resetClient(this.#client, answer));
    this.#inTransaction = false;
    await this.prepareSession();
  }

  async prepareSession(): Promise<void> {
    await this.query({ text: sessionSettings, values: [] });
  }

  cancel(): Promise<void> {
    return this.#isOpen && this.#client.threadId !== null ? this.#kill() : Promise.resolve();
  }

  async close(): Promise<void> {
    await callback((answer) => this.#client.end(answer));
  }

  destroy(): void {
    this.#isOpen = false;
    // mysql2's own destroy() only half-closes, which keeps the socket while the server does not answer.
    const stream: unknown = Reflect.get(this.#client, 'stream');
    if (isDestroyable(stream)) stream.destroy();
  }

  async #send(start: (answer: Answer) => void): Promise<readonly [unknown, unknown]> {
    try {
      return await callback(start);
    } catch (error) {
      if (DbError.is(error)) throw error;
      const failure = mysqlFailure(error);
      if (failure === undefined || !this.#isOpen) {
        this.#close();
        throw new DbError(
          'connection_lost',
          'The connection was lost while a statement was under way; whether it took effect is not known.',
        );
      }
      throw mysqlError(failure);
    }
  }

  #changeResult(header: unknown): DriverResult {
    const field = (name: string): unknown =>
      typeof header === 'object' && header !== null ? Reflect.get(header, name) : undefined;
    const status = field('serverStatus');
    if (typeof status === 'number') this.#inTransaction = (status & inTransactionFlag) !== 0;
    const rowCount = Number(field('affectedRows') ?? 0);
    const insertId = field('insertId');
    const hasId = (typeof insertId === 'number' || typeof insertId === 'string') && Number(insertId) !== 0;
    return hasId ? { rows: [], rowCount, insertId: BigInt(insertId) } : { rows: [], rowCount };
  }

  #close(): void {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    if (wasOpen) this.#lost();
  }
}

function rowsResult(rows: readonly (readonly unknown[])[], columns: unknown): DriverResult {
  const known: readonly MysqlColumn[] = Array.isArray(columns) ? columns : [];
  const decoders = known.map(columnDecoder);
  const decoded = rows.map((row) =>
    row.map((value, at) => {
      const decode = decoders[at];
      return decode === undefined || value === null ? value : decode(value);
    }),
  );
  return {
    rows: buildRows(
      known.map(({ name }) => name),
      decoded,
    ),
    rowCount: rows.length,
  };
}

/** The rows and columns, or the change, that a callback was called with. */
export function callback(start: (answer: Answer) => void): Promise<readonly [unknown, unknown]> {
  return new Promise((resolve, reject) => {
    start((error, rows, columns) => {
      if (error === null || error === undefined) resolve([rows, columns]);
      else reject(error);
    });
  });
}

/** COM_RESET_CONNECTION, which mysql2's types do not mention. */
function resetClient(client: MysqlClient, answer: Answer): void {
  const reset: unknown = Reflect.get(client, 'reset');
  if (typeof reset === 'function') reset.call(client, answer);
  else
    answer(new DbError('unknown', 'This mysql2 cannot reset a connection; install version 3.14 or later.'));
}

function isDestroyable(value: unknown): value is { destroy(): void } {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'destroy') === 'function';
}
