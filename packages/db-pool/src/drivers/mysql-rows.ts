import type { Readable } from 'node:stream';
import { DbError } from '../db-error.js';
import type { DriverRows } from '../driver.js';
import { decodeRows, type MysqlDecoders, mysqlDecoders } from './mysql-codec.js';

export interface MysqlRowsOptions {
  /** Rows as mysql2 streams them: it stops reading from the socket while nobody takes them. */
  readonly stream: Readable;
  /** Makes a DbError of what mysql2 says. */
  readonly failure: (error: unknown) => unknown;
  /** Ends the statement in the server, by another connection, and nothing after it. */
  readonly kill: () => Promise<void>;
  /** Called once, when the server has nothing more to send. */
  readonly onOver: () => void;
}

/** The rows of one statement as they come over a mysql2 connection, which can do nothing else until they are read or closed. */
export class MysqlRows implements DriverRows {
  readonly #options: MysqlRowsOptions;
  #decoders: MysqlDecoders = [];
  #isOver = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  constructor(options: MysqlRowsOptions) {
    this.#options = options;
    const { stream, failure } = options;
    stream.on('fields', (columns: unknown) => {
      if (Array.isArray(columns)) this.#decoders = mysqlDecoders(columns);
    });
    stream.on('readable', () => this.#wake?.());
    stream.on('end', () => this.#end(undefined));
    stream.on('error', (error) => this.#end(failure(error)));
  }

  async read(count: number): Promise<readonly Record<string, unknown>[]> {
    const batch: Record<string, unknown>[] = [];
    while (batch.length < count) {
      const row: unknown = this.#options.stream.read();
      if (isRow(row)) batch.push(row);
      else if (this.#error !== undefined) throw this.#error;
      else if (this.#isOver) break;
      else await this.#change();
    }
    decodeRows(batch, this.#decoders);
    return batch;
  }

  async close(): Promise<void> {
    if (this.#isOver) return;
    const { stream, kill } = this.#options;
    const killed = kill();
    killed.catch(() => undefined); // awaited below, after the rows that are on their way
    for (;;) {
      while (stream.read() !== null);
      if (this.#isOver) break;
      await this.#change();
    }
    await killed;
  }

  /** The connection is gone: mysql2 does not tell who streams. */
  lose(error: unknown): void {
    this.#end(error);
  }

  #end(error: unknown): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#error = error;
      this.#options.onOver();
    }
    this.#wake?.();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

function isRow(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** For a statement that comes while a stream is under way. */
export function busyError(): DbError {
  return new DbError(
    'invalid_value',
    'A stream is under way on this connection, and MySQL does one thing at a time. Read it to its end, leave its loop, or use another connection.',
  );
}
