import { Worker } from 'node:worker_threads';
import { DbError } from '../db-error.js';
import type { EncodedValue } from './postgres-encode.js';
import type { PostgresFailure } from './postgres-error.js';

export type ThreadRequest =
  | { readonly kind: 'query'; readonly text: string; readonly values: readonly EncodedValue[] }
  | { readonly kind: 'script'; readonly text: string }
  | { readonly kind: 'dump' }
  | { readonly kind: 'close' };

export interface ThreadAnswer {
  readonly columns: readonly { readonly name: string; readonly type: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** The command tag: `INSERT 0 1`. */
  readonly tag: string;
  readonly status: 'I' | 'T' | 'E';
  readonly error?: PostgresFailure | undefined;
  /** Of a dump. */
  readonly archive?: ArrayBuffer;
}

interface Message extends ThreadAnswer {
  readonly id: number;
  /** PGlite itself failed, not the statement. */
  readonly broken?: string | undefined;
}

interface Pending {
  resolve(answer: ThreadAnswer): void;
  reject(error: DbError): void;
}

export interface ThreadOptions {
  /** What the thread imports. */
  readonly module: string;
  /** `undefined` keeps everything in memory. */
  readonly folder: string | undefined;
}

/** PGlite in a thread, and the questions that wait for its answers. */
export class PgliteThread {
  /** Settles when the database is open. */
  readonly started: Promise<unknown>;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #dumps = 0;
  #ended: DbError | undefined;

  constructor({ module, folder }: ThreadOptions) {
    this.#worker = new Worker(new URL('../../plain/pglite-worker.mjs', import.meta.url), {
      name: 'pglite',
      workerData: { module, folder },
    });
    this.started = new Promise((resolve, reject) => this.#pending.set(0, { resolve, reject }));
    this.#worker.on('message', (message: Message) => this.#receive(message));
    this.#worker.on('error', (error) => this.#end(`PGlite ended: ${error.message}`));
    this.#worker.on('exit', () => this.#end('PGlite has ended'));
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Whether statements wait for a dump: what is slow then is not the statement. */
  get isDumping(): boolean {
    return this.#dumps > 0;
  }

  async dump(): Promise<ThreadAnswer> {
    this.#dumps += 1;
    try {
      return await this.ask({ kind: 'dump' });
    } finally {
      this.#dumps -= 1;
    }
  }

  ask(request: ThreadRequest): Promise<ThreadAnswer> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      this.#pending.set(this.#lastId, { resolve, reject });
      this.#worker.postMessage({ id: this.#lastId, ...request });
    });
  }

  /** Ends the thread whatever it does. To the data it is what a crash is: what was committed stays. */
  async terminate(): Promise<void> {
    this.#end('PGlite was stopped');
    await this.#worker.terminate();
  }

  #receive(message: Message): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.broken === undefined) pending?.resolve(message);
    else pending?.reject(lost(`PGlite failed: ${message.broken}`));
  }

  #end(reason: string): void {
    this.#ended ??= lost(reason);
    for (const pending of this.#pending.values()) pending.reject(this.#ended);
    this.#pending.clear();
  }
}

function lost(reason: string): DbError {
  return new DbError('connection_lost', `${reason}. Whether a statement under way took effect is not known.`);
}
