import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { invalidOption, optionsOf } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import type {
  Driver,
  DriverConnection,
  DriverEndpoint,
  DriverResult,
  DriverRows,
  DriverTarget,
  TransactionState,
} from '../driver.js';
import { ConnectionFailedError } from '../pool/pool-errors.js';
import type { Statement } from '../sql/compile.js';
import { buildRows } from './build-rows.js';
import { copyError, isClientCopy } from './copy-error.js';
import { CursorRows } from './cursor-rows.js';
import { lockFolder } from './folder-lock.js';
import { PgliteThread, type ThreadAnswer, type ThreadRequest } from './pglite-thread.js';
import { decoderFor } from './postgres-decode.js';
import { encodeValue } from './postgres-encode.js';
import { postgresError } from './postgres-error.js';
import { postgresSession } from './postgres-session.js';

export interface PgliteOptions {
  /** What the thread imports: a package name or a `file:` URL. @defaultValue '@electric-sql/pglite' */
  readonly module?: string;
}

/** Where PGlite keeps its data. As a URL: `memory://`, `file:///absolute/folder` or `file:relative/folder`. */
export interface PgliteConnectionOptions {
  /** Without it everything is in memory and gone at the end. */
  readonly folder?: string;
}

/** What `pglite()` returns. */
export interface PgliteDriver extends Driver<PgliteConnectionOptions> {
  /**
   * The data folder of the database as a tar archive, as PGlite's own `dumpDataDir` gives it: what was committed is in it. Statements
   * wait meanwhile. For `pglite({ db })` of `@seaworthy/backup`.
   *
   * @throws DbError
   */
  dumpDataDir(compression?: 'none'): Promise<{ arrayBuffer(): Promise<ArrayBuffer> }>;
}

const readOptions = optionsOf<PgliteOptions>('pglite', { module: true });
const readConnection = optionsOf<PgliteConnectionOptions>('createDb connection', { folder: true });

/** One by one: several statements in one text are one transaction, in which `discard all` is refused. */
const sessionSettings = ['rollback', 'discard all', postgresSession] as const;

/** Creating a database takes seconds, and there is one connection for all to queue for. */
const defaultDeadlines = { acquireMs: 20_000, connectMs: 60_000, queryMs: 30_000 } as const;

/**
 * PostgreSQL inside the process, by the `@electric-sql/pglite` package: for development and tests without a server.
 *
 * It runs in a worker thread, which imports the package itself, so that a long query does not stop the application. There is
 * one connection: transactions queue for it. A folder belongs to one process at a time.
 *
 * @example
 * const db = createDb(pglite(), { connection: { folder: '.data/app' } });
 */
export function pglite(options: PgliteOptions = {}): PgliteDriver {
  const { module = '@electric-sql/pglite' } = readOptions(options);
  const opened: PgliteEndpoint[] = [];
  return {
    name: 'pglite',
    open(target) {
      const endpoint = openPglite(module, target);
      opened.push(endpoint);
      return endpoint;
    },
    async dumpDataDir() {
      const [only, another] = opened;
      if (only === undefined || another !== undefined)
        throw new DbError(
          'unknown',
          'A pglite() driver dumps the one database that was made with it; this one has none or several.',
        );
      const archive = await only.dump();
      return { arrayBuffer: async () => archive };
    },
  };
}

interface PgliteEndpoint extends DriverEndpoint {
  dump(): Promise<ArrayBuffer>;
}

function openPglite(
  module: string,
  { url, connection }: DriverTarget<PgliteConnectionOptions>,
): PgliteEndpoint {
  const { folder: given } = url === undefined ? readConnection(connection ?? {}) : { folder: folderOf(url) };
  const folder = given === undefined ? undefined : resolve(given);
  const address = folder ?? 'memory';
  let thread: PgliteThread | undefined;
  let unlock: (() => void) | undefined;

  function start(): PgliteThread {
    if (thread !== undefined && !thread.hasEnded) return thread;
    if (folder !== undefined) unlock ??= lockFolder(folder);
    thread = new PgliteThread({ module, folder });
    return thread;
  }

  return {
    dialect: 'postgres',
    system: 'postgresql',
    address,
    protection: 'local',
    maxConnections: 1,
    defaultDeadlines,
    async connect(signal) {
      try {
        const running = start();
        await orAborted(running.started, signal);
        const session = new PgliteConnection(running, folder !== undefined);
        // Waits until what the last session left running has ended.
        await orAborted(session.reset(), signal);
        return session;
      } catch (error) {
        if (DbError.is(error) && error.kind === 'connection_lost') throw failedStart(address, error);
        throw error;
      }
    },
    async dump() {
      const running = start();
      await running.started;
      const { archive } = await running.dump();
      if (archive === undefined) throw new DbError('unknown', 'PGlite gave no archive.');
      return archive;
    },
    async close() {
      if (thread !== undefined && !thread.hasEnded) {
        await thread.ask({ kind: 'close' }).catch(() => undefined);
        await thread.terminate();
      }
      unlock?.();
      unlock = undefined;
    },
  };
}

class PgliteConnection implements DriverConnection {
  readonly #thread: PgliteThread;
  readonly #isDurable: boolean;
  #isOpen = true;
  #busy = false;
  #status: ThreadAnswer['status'] = 'I';
  #cursors = 0;

  constructor(thread: PgliteThread, isDurable: boolean) {
    this.#thread = thread;
    this.#isDurable = isDurable;
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#thread.hasEnded;
  }

  get transactionState(): TransactionState {
    return this.#status === 'I' ? 'none' : this.#status === 'E' ? 'failed' : 'open';
  }

  /** The thread does not end by itself while nothing runs; `isOpen` tells when it did. */
  onLost(): void {}

  async query({ text, values }: Statement): Promise<DriverResult> {
    const { columns, rows, tag } = await this.#ask({ kind: 'query', text, values: values.map(encodeValue) });
    const decoders = columns.map((column) => decoderFor(column.type));
    const decoded = rows.map((row) =>
      row.map((value, at) => {
        const decode = decoders[at];
        return value === null || decode === undefined ? value : decode(value);
      }),
    );
    const names = columns.map((column) => column.name);
    return { rows: buildRows(names, decoded), rowCount: Number(/\d+$/.exec(tag)?.[0] ?? 0) };
  }

  openRows(statement: Statement): DriverRows {
    this.#cursors += 1;
    return new CursorRows(`seaworthy_${this.#cursors}`, statement, (part) => this.query(part));
  }

  async script(text: string): Promise<void> {
    await this.#ask({ kind: 'script', text });
  }

  async ping(): Promise<void> {
    await this.script('select 1');
  }

  async reset(): Promise<void> {
    for (const text of sessionSettings) await this.script(text);
  }

  /**
   * PGlite cannot interrupt a statement. With a folder the thread is ended and the next connection opens the folder again,
   * as after a crash; without one that would lose everything, so the next connection waits for the statement's end. So it does
   * while a dump is made, which would be lost too: the statement that took too long had not begun.
   */
  async cancel(): Promise<void> {
    if (this.#busy && this.#isDurable && !this.#thread.isDumping) await this.#thread.terminate();
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }

  destroy(): void {
    this.#isOpen = false;
  }

  async #ask(request: ThreadRequest): Promise<ThreadAnswer> {
    // Waiting for data that nobody sends, PGlite would never answer anybody again.
    if ('text' in request && isClientCopy(request.text)) throw copyError();
    this.#busy = true;
    try {
      const answer = await this.#thread.ask(request);
      this.#status = answer.status;
      if (answer.error !== undefined) {
        throw postgresError(answer.error, 'text' in request ? request.text : '');
      }
      return answer;
    } finally {
      this.#busy = false;
    }
  }
}

function folderOf(url: string): string | undefined {
  if (url.startsWith('memory:')) return undefined;
  if (url.startsWith('file:///')) return fileURLToPath(url);
  const relative = /^file:(?:\/\/)?(?!\/)(.+)$/.exec(url)?.[1];
  if (relative !== undefined) return decodeURI(relative);
  throw invalidOption(
    'createDb',
    'url',
    'memory://, file:///absolute/folder or file:relative/folder for pglite()',
  );
}

function failedStart(address: string, error: DbError): ConnectionFailedError {
  return new ConnectionFailedError(address, error.message, error);
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((settle, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(settle, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
