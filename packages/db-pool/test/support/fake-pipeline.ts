import { sleep } from '@seaworthy/contracts';
import {
  DbError,
  type Driver,
  type DriverConnection,
  type DriverResult,
  type Statement,
} from '../../src/index.js';
import { FakeConnection, FakeServer } from './fake-server.js';

/** A fake server whose connections carry statements, and which judges what it is sent. */
export class PipelineServer extends FakeServer {
  readonly wrong: string[] = [];
  /** Values of writes that were begun. */
  readonly written = new Set<unknown>();

  override make(): FakePipeline {
    return new FakePipeline(this);
  }

  /** As what `createDb` takes. */
  get driver(): Driver<object> {
    return {
      name: 'fake',
      open: () => ({
        dialect: 'postgres',
        system: 'postgresql',
        address: 'fake:1',
        protection: 'local',
        maxConnections: Number.MAX_SAFE_INTEGER,
        canPipeline: true,
        connect: async (signal) => {
          try {
            const connection = await this.connect(signal);
            if (connection instanceof FakePipeline) return connection;
          } catch {
            // As a driver does: every failure is a DbError.
          }
          throw new DbError('unavailable', 'The fake server refused.');
        },
        close: async () => undefined,
      }),
    };
  }
}

/**
 * A connection of the fake server that runs statements one after the other, however many were sent. A statement's text says
 * how many milliseconds it takes, and it answers its own value.
 */
export class FakePipeline extends FakeConnection implements DriverConnection {
  readonly transactionState = 'none';
  readonly #server: PipelineServer;
  readonly #cut: Promise<never>;
  #onCut: (error: DbError) => void = () => undefined;
  #isPipelining = false;
  #underWay = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(server: PipelineServer) {
    super(server);
    this.#server = server;
    this.#cut = new Promise((_, reject) => {
      this.#onCut = reject;
    });
    this.#cut.catch(() => undefined);
  }

  pipeline(on: boolean): void {
    if (this.#underWay > 0)
      this.#server.wrong.push('pipelining was switched while statements were under way');
    this.#isPipelining = on;
  }

  query({ text, values }: Statement): Promise<DriverResult> {
    if (!this.isOpen) return Promise.reject(lost({ unsent: true }));
    if (this.#underWay > 0 && !this.#isPipelining)
      this.#server.wrong.push('two statements at once on a connection that is not shared');
    if (text.startsWith('insert')) this.#judgeWrite(values[0]);
    this.#underWay += 1;
    const served = this.#tail.then(() => this.#run(Number(/\d+/.exec(text)?.[0] ?? 1)));
    const answer = Promise.race([served, this.#cut]).then(() => ({
      rows: [{ value: values[0] }],
      rowCount: 1,
    }));
    this.#tail = answer.then(
      () => this.#ended(),
      () => this.#ended(),
    );
    return answer;
  }

  #judgeWrite(value: unknown): void {
    if (this.#isPipelining) this.#server.wrong.push('a write on a shared connection');
    if (this.#server.written.has(value)) this.#server.wrong.push(`write ${String(value)} was sent twice`);
    this.#server.written.add(value);
  }

  script(): Promise<void> {
    return this.#server.answer();
  }

  reset(): Promise<void> {
    return this.#server.answer();
  }

  cancel(): Promise<void> {
    return this.#server.answer();
  }

  openRows(): never {
    throw new Error('Not in this simulation.');
  }

  override destroy(): void {
    super.destroy();
    this.#onCut(lost());
  }

  async #run(ms: number): Promise<void> {
    if (!this.isOpen) return;
    const { clock } = this.#server;
    await sleep(clock, ms);
    while (this.isOpen && this.#server.condition === 'frozen') await sleep(clock, 50);
  }

  #ended(): void {
    this.#underWay -= 1;
  }
}

function lost(options: { readonly unsent?: true } = {}): DbError {
  return new DbError('connection_lost', 'The fake connection was cut.', options);
}
