import { DbError } from '../db-error.js';
import type { DriverConnection, DriverResult, DriverRows, TransactionState } from '../driver.js';
import type { Statement } from '../sql/compile.js';
import { isWorthKeeping } from '../sql/worth-keeping.js';
import { CursorRows } from './cursor-rows.js';
import { lostError } from './lost-error.js';
import { type PgAnswer, type PgClient, type PgQuery, resultOf, SentQuery } from './pg-client.js';
import { backendKey, forgetParsed, socketOf } from './pg-internals.js';
import { type PlanFault, planFaultOf, tableChanged } from './plan-fault.js';
import { cancelBackend } from './postgres-cancel.js';
import { encodeValue } from './postgres-encode.js';
import { foreignError, postgresError, postgresFailure } from './postgres-error.js';
import { postgresSession } from './postgres-session.js';
import { PreparedStatements } from './prepared-statements.js';

/** Without values only plain reads are prepared: a text of several statements or a command cannot be. */
const preparable = /^\s*(?:select|with|values|table)\b[^;]*$/i;

/** One pg client as a connection of the pool. */
export class PostgresConnection implements DriverConnection {
  readonly #client: PgClient;
  readonly #prepared: PreparedStatements;
  #isPipelining = false;
  #isGathering = false;
  #isOpen = true;
  #lost: () => void = () => undefined;
  #ready = true;
  #cursors = 0;
  #onReady: (() => void) | undefined;
  /** Names to take out of the server when the transaction is over that failed because of one of them. */
  #outdated: readonly string[] = [];

  constructor(client: PgClient, maxPreparedStatements: number) {
    this.#client = client;
    this.#prepared = new PreparedStatements(maxPreparedStatements);
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
    if (this.#outdated.length > 0 && this.transactionState === 'none') this.#takeOut();
    const encoded = values.length === 0 ? undefined : values.map(encodeValue);
    const isNamed = isWorthKeeping(text, values.length) && (encoded !== undefined || preparable.test(text));
    const name = isNamed ? this.#nameFor(text) : undefined;
    try {
      return resultOf(await this.#send({ text, name, values: encoded }), text);
    } catch (error) {
      const fault = name === undefined ? undefined : planFaultOf(error);
      if (fault === undefined || !this.#mayGoUnnamed(text, fault, error)) throw error;
      const result = resultOf(await this.#send({ text, values: encoded }), text);
      if (fault === 'typed') this.#forget(text); // it was not the value
      return result;
    }
  }

  openRows(statement: Statement): DriverRows {
    this.#cursors += 1;
    return new CursorRows(`seaworthy_${this.#cursors}`, statement, async ({ text, values }) => {
      const encoded = values.length === 0 ? undefined : values.map(encodeValue);
      return resultOf(await this.#send({ text, values: encoded }), text);
    });
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
    // In one round trip; `discard all` takes nobody beside it in its text.
    this.pipeline(true);
    await Promise.all([this.#send({ text: 'discard all' }), this.prepareSession()]);
    this.pipeline(false);
    this.#prepared.clear();
    this.#outdated = [];
    forgetParsed(this.#client);
  }

  pipeline(on: boolean): void {
    this.#isPipelining = on;
    Reflect.set(this.#client, 'pipeline', on);
  }

  async prepareSession(): Promise<void> {
    await this.#send({ text: postgresSession });
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

  #nameFor(text: string): string | undefined {
    if (this.#outdated.length > 0) return undefined;
    const { name, evicted } = this.#prepared.use(text);
    if (evicted !== undefined) this.#deallocate(evicted);
    return name;
  }

  /** Goes out before the next statement, whose answer comes after its own. */
  #deallocate(...names: readonly string[]): void {
    for (const name of names) forgetParsed(this.#client, name);
    const text = names.map((name) => `deallocate "${name}"`).join('; ');
    this.#client.query({ text, callback: () => undefined });
  }

  #takeOut(): void {
    this.#deallocate(...this.#outdated);
    this.#outdated = [];
  }

  /**
   * Whether a statement that did nothing because of its copy in the server can be sent again without a name: not inside a
   * transaction, which has failed.
   *
   * @throws DbError `serialization` for such a transaction when a table has changed: run again, it finds nothing outdated here.
   */
  #mayGoUnnamed(text: string, fault: PlanFault, error: unknown): boolean {
    const isFailed = this.transactionState === 'failed';
    if (isFailed && fault === 'reshaped') {
      this.#outdated = this.#prepared.clear();
      throw tableChanged(error);
    }
    if (isFailed && fault === 'typed') this.#outdated = [...this.#outdated, ...this.#prepared.take(text)];
    else if (fault !== 'typed') this.#forget(text, { inServer: fault !== 'missing' && !isFailed });
    return this.transactionState === 'none';
  }

  #forget(text: string, { inServer = true } = {}): void {
    const names = this.#prepared.take(text);
    if (inServer && names.length > 0) this.#deallocate(...names);
    else for (const name of names) forgetParsed(this.#client, name);
  }

  async #send(query: PgQuery): Promise<PgAnswer> {
    if (!this.#isOpen) throw lostError({ unsent: true });
    this.#ready = false;
    if (this.#isPipelining) this.#sendTogether();
    try {
      return await new Promise((resolve, reject) => {
        this.#client.query(
          new SentQuery(query, (error, answer) => {
            if (error === null || error === undefined) resolve(answer);
            else reject(error);
          }),
        );
      });
    } catch (error) {
      if (!this.#isOpen) throw lostError();
      if (DbError.is(error)) throw error; // of a decoder; pg hands it on when the server has said all
      const failure = postgresFailure(error);
      if (failure.code === undefined) {
        // Not from the server: pg's own, when the socket fails under a statement.
        this.#close();
        throw lostError();
      }
      // An error comes before the server says that it is ready; the transaction's state is known only then.
      if (!this.#isPipelining) await this.#whenReady();
      const said = postgresError(failure, query.text);
      throw said.kind === 'connection_lost' && this.#ready && this.#isOpen ? foreignError(said) : said;
    }
  }

  /** What is asked for in one turn of the event loop leaves in one packet: each write costs more than what it carries. */
  #sendTogether(): void {
    if (this.#isGathering) return;
    const socket = socketOf(this.#client);
    if (socket === undefined) return;
    this.#isGathering = true;
    socket.cork();
    process.nextTick(() => {
      this.#isGathering = false;
      socket.uncork();
    });
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
