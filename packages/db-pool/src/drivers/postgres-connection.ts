import { DbError } from '../db-error.js';
import type { DriverConnection, DriverResult, TransactionState } from '../driver.js';
import type { Statement } from '../sql/compile.js';
import { buildRows } from './build-rows.js';
import { cancelBackend } from './postgres-cancel.js';
import { type Decode, decoderFor } from './postgres-decode.js';
import { encodeValue } from './postgres-encode.js';
import { postgresError, postgresFailure } from './postgres-error.js';

/** The part of a pg client that is used. */
export interface PgClient {
  readonly host: string;
  readonly port: number;
  readonly ssl?: unknown;
  connect(): Promise<unknown>;
  query(config: PgQuery): Promise<PgResult | readonly PgResult[]>;
  end(): Promise<unknown>;
  getTransactionStatus(): 'I' | 'T' | 'E' | null;
  on(event: 'error' | 'end' | 'drain', listener: () => void): unknown;
}

interface PgQuery {
  readonly text: string;
  readonly values?: unknown[];
  readonly rowMode?: 'array';
  readonly types?: { getTypeParser(oid: number, format?: string): (value: string) => unknown };
}

interface PgResult {
  readonly rowCount: number | null;
  readonly rows: readonly (readonly unknown[])[];
  readonly fields: readonly { readonly name: string }[];
}

/** Settings that the decoding of values relies on, whatever the server's or the role's are. */
const sessionSettings = `set timezone to 'UTC'; set datestyle to 'ISO, YMD'; set bytea_output to 'hex'`;

const types = {
  getTypeParser: (oid: number, format?: string): Decode =>
    format === 'binary' ? (value) => value : decoderFor(oid),
};

/** One pg client as a connection of the pool. */
export class PostgresConnection implements DriverConnection {
  readonly #client: PgClient;
  #isOpen = true;
  #lost: () => void = () => undefined;
  #ready = true;
  #onReady: (() => void) | undefined;

  constructor(client: PgClient) {
    this.#client = client;
    // For the client's whole life: an 'error' without a listener ends the process.
    client.on('error', () => this.#close());
    client.on('end', () => this.#close());
    client.on('drain', () => this.#becomeReady());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get transactionState(): TransactionState {
    const status = this.#client.getTransactionStatus();
    return status === 'I' ? 'none' : status === 'E' ? 'failed' : 'open';
  }

  onLost(listener: () => void): void {
    this.#lost = listener;
  }

  async query({ text, values }: Statement): Promise<DriverResult> {
    const answer = await this.#send({
      text,
      rowMode: 'array',
      types,
      ...(values.length === 0 ? {} : { values: values.map(encodeValue) }),
    });
    // A text of several statements answers several results; the last one counts, as in psql.
    const result = isList(answer) ? answer.at(-1) : answer;
    if (result === undefined) return { rows: [], rowCount: 0 };
    const columns = result.fields.map((field) => field.name);
    return { rows: buildRows(columns, result.rows), rowCount: result.rowCount ?? 0 };
  }

  async script(text: string): Promise<void> {
    await this.#send({ text });
  }

  /**
   * Runs what pg's own `query` takes, and answers and fails as it does: for tools that expect pg itself.
   *
   * @throws what the server said, as pg says it; DbError `connection_lost`.
   */
  async native(query: object): Promise<unknown> {
    this.#ready = false;
    try {
      return await this.#client.query(query as PgQuery);
    } catch (error) {
      if (!this.#isOpen) throw lostError();
      if (postgresFailure(error).code === undefined) this.#close();
      else await this.#whenReady();
      throw error;
    }
  }

  /** Hands pg something that speaks to the connection by itself, such as a cursor of pg-cursor. */
  submit(submittable: object): void {
    // Its failures reach whoever reads from it.
    void this.#client.query(submittable as PgQuery);
  }

  async ping(): Promise<void> {
    await this.#send({ text: 'select 1' });
  }

  async reset(): Promise<void> {
    if (this.transactionState !== 'none') await this.#send({ text: 'rollback' });
    await this.#send({ text: 'discard all' });
    await this.prepareSession();
  }

  async prepareSession(): Promise<void> {
    await this.#send({ text: sessionSettings });
  }

  cancel(): Promise<void> {
    const { processID, secretKey } = backendKey(this.#client);
    if (!this.#isOpen || processID === undefined || secretKey === undefined) return Promise.resolve();
    return cancelBackend(this.#client, { processId: processID, secretKey });
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  destroy(): void {
    this.#isOpen = false;
    socketOf(this.#client)?.destroy();
  }

  async #send(query: PgQuery): Promise<PgResult | readonly PgResult[]> {
    this.#ready = false;
    try {
      return await this.#client.query(query);
    } catch (error) {
      if (!this.#isOpen) throw lostError();
      const failure = postgresFailure(error);
      if (failure.code === undefined) {
        // Not from the server: pg's own, when the socket fails under a statement.
        this.#close();
        throw lostError();
      }
      // An error comes before the server says that it is ready; the transaction's state is known only then.
      await this.#whenReady();
      throw postgresError(failure);
    }
  }

  #whenReady(): Promise<void> {
    if (this.#ready || !this.#isOpen) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onReady = resolve;
    });
  }

  #becomeReady(): void {
    this.#ready = true;
    this.#onReady?.();
    this.#onReady = undefined;
  }

  #close(): void {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    this.#becomeReady();
    if (wasOpen) this.#lost();
  }
}

function isList(answer: PgResult | readonly PgResult[]): answer is readonly PgResult[] {
  return Array.isArray(answer);
}

/** Undocumented but unchanged since pg 1: there is no other way to name a backend, or to close without waiting. */
function backendKey(client: PgClient): { readonly processID?: number; readonly secretKey?: number } {
  const processID: unknown = Reflect.get(client, 'processID');
  const secretKey: unknown = Reflect.get(client, 'secretKey');
  return typeof processID === 'number' && typeof secretKey === 'number' ? { processID, secretKey } : {};
}

function socketOf(client: PgClient): { destroy(): void } | undefined {
  const connection: unknown = Reflect.get(client, 'connection');
  if (typeof connection !== 'object' || connection === null) return undefined;
  const stream: unknown = Reflect.get(connection, 'stream');
  return isDestroyable(stream) ? stream : undefined;
}

function isDestroyable(value: unknown): value is { destroy(): void } {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'destroy') === 'function';
}

function lostError(): DbError {
  return new DbError(
    'connection_lost',
    'The connection was lost while a statement was under way; whether it took effect is not known.',
  );
}
