import type { DriverConnection } from '../driver.js';

interface Kill {
  readonly threadId: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** What a connection may take to come, and a KILL; after it the cancelled connection is destroyed anyway. */
const cancelMs = 1_000;

/**
 * Ends statements of a pool. MySQL takes a KILL on another connection only, which comes on top of `pool.max`: there is one for all that
 * are asked for meanwhile.
 */
export class MysqlKills {
  readonly #connect: (signal: AbortSignal) => Promise<DriverConnection>;
  readonly #waiting: Kill[] = [];
  #isAtWork = false;

  constructor(connect: (signal: AbortSignal) => Promise<DriverConnection>) {
    this.#connect = connect;
  }

  /** Rejects when the server cannot be asked in time. */
  query(threadId: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ threadId, resolve, reject });
      if (!this.#isAtWork) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#isAtWork = true;
    let connection: DriverConnection | undefined;
    try {
      connection = await this.#connect(AbortSignal.timeout(cancelMs));
      for (let kill = this.#waiting[0]; kill !== undefined; kill = this.#waiting[0]) {
        await killOn(connection, kill.threadId);
        this.#waiting.shift()?.resolve();
      }
    } catch (error) {
      for (const kill of this.#waiting.splice(0)) kill.reject(error);
    } finally {
      connection?.destroy();
      this.#isAtWork = false;
    }
  }
}

async function killOn(connection: DriverConnection, threadId: number): Promise<void> {
  const late = setTimeout(() => connection.destroy(), cancelMs);
  late.unref();
  try {
    await connection.query({ text: `kill query ${threadId}`, values: [] });
  } catch (error) {
    // The server's refusal (the thread is gone) says nothing about the others.
    if (!connection.isOpen) throw error;
  } finally {
    clearTimeout(late);
  }
}
