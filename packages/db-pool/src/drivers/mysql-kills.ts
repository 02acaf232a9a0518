import { DbError } from '../db-error.js';
import type { DriverConnection } from '../driver.js';

/** A statement under way: connections of other servers behind the same name have the same numbers. */
export interface KillTarget {
  readonly threadId: number;
  readonly server: string | undefined;
}

/** A connection that knows which server it leads to. */
interface KillingConnection extends DriverConnection {
  readonly server: string | undefined;
}

interface Kill extends KillTarget {
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
  readonly #connect: (signal: AbortSignal) => Promise<KillingConnection>;
  readonly #waiting: Kill[] = [];
  #isAtWork = false;

  constructor(connect: (signal: AbortSignal) => Promise<KillingConnection>) {
    this.#connect = connect;
  }

  /** Rejects when the server cannot be asked in time, or another one behind its name answers. */
  query(target: KillTarget): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...target, resolve, reject });
      if (!this.#isAtWork) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#isAtWork = true;
    let connection: KillingConnection | undefined;
    try {
      connection = await this.#connect(AbortSignal.timeout(cancelMs));
      for (let kill = this.#waiting[0]; kill !== undefined; kill = this.#waiting[0]) {
        if (kill.server === connection.server) await killOn(connection, kill.threadId);
        this.#waiting.shift();
        if (kill.server === connection.server) kill.resolve();
        else kill.reject(otherServer());
      }
    } catch (error) {
      for (const kill of this.#waiting.splice(0)) kill.reject(error);
    } finally {
      connection?.destroy();
      this.#isAtWork = false;
    }
  }
}

function otherServer(): DbError {
  return new DbError(
    'unavailable',
    'Another server behind the same name answered, where the number is of somebody else.',
  );
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
