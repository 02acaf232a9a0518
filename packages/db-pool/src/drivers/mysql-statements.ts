import { tracingChannel } from 'node:diagnostics_channel';
import { isWorthKeeping } from '../sql/worth-keeping.js';
import type { Answer, MysqlClient, MysqlStatement } from './mysql-client.js';
import { mysqlFailure } from './mysql-error.js';

/** Where mysql2 reports each `execute` to whoever listens. */
const traced = tracingChannel('mysql2:execute');

/**
 * The statements that one connection keeps prepared. mysql2's `execute` looks its statement up by a text that it puts together anew,
 * which is a seventh of what a point select costs; here the prepared statement itself is at hand.
 *
 * What instruments mysql2 wraps `execute`, or listens to its channel: then each statement goes through it.
 */
export class MysqlStatements {
  readonly #client: MysqlClient;
  readonly #max: number;
  readonly #isOwnExecute: boolean;
  /** The order is that of use once the bound is reached, and of coming in before it. */
  readonly #prepared = new Map<string, MysqlStatement>();

  constructor(client: MysqlClient, max: number) {
    this.#client = client;
    this.#max = Math.max(max, 1); // mysql2 cannot bind values without preparing
    this.#isOwnExecute = isOwnExecute(client);
  }

  execute(text: string, values: unknown[], given: Answer): void {
    const isKept = isWorthKeeping(text, values.length);
    const answer = isKept ? given : this.#closing(text, given);
    if (!this.#isOwnExecute || traced.hasSubscribers) {
      this.forget();
      this.#client.execute(text, values, answer);
      return;
    }
    const known = this.#prepared.get(text);
    if (known === undefined) {
      this.#prepare(text, isKept, (error, statement) => {
        if (statement === undefined) answer(error);
        else statement.execute(values, answer);
      });
      return;
    }
    if (this.#prepared.size >= this.#max) {
      this.#prepared.delete(text);
      this.#prepared.set(text, known);
    }
    known.execute(values, answer);
  }

  /**
   * The server has forgotten them, or mysql2 may: its own list of them, which has the same bound, does not hear of their use here. What it
   * still has costs no round trip to get again.
   */
  forget(): void {
    this.#prepared.clear();
  }

  #prepare(text: string, isKept: boolean, then: (error: unknown, statement?: MysqlStatement) => void): void {
    if (this.#prepared.size >= this.#max) this.#evictOldest();
    this.#client.prepare(text, (error, statement) => {
      if (statement === undefined && this.#prepared.size > 0 && isCrowded(error)) {
        while (this.#prepared.size > 0) this.#evictOldest();
        this.#client.prepare(text, then);
        return;
      }
      if (statement !== undefined && isKept) this.#prepared.set(text, statement);
      then(error, statement);
    });
  }

  /** Afterwards neither mysql2 nor the server has anything of it. */
  #closing(text: string, answer: Answer): Answer {
    return (...given) => {
      this.#client.unprepare(text);
      answer(...given);
    };
  }

  #evictOldest(): void {
    const [oldest] = this.#prepared.keys();
    if (oldest === undefined) return;
    this.#prepared.delete(oldest);
    this.#client.unprepare(oldest);
  }
}

/** The server holds as many as it may for everybody: `max_prepared_stmt_count`. */
function isCrowded(error: unknown): boolean {
  return mysqlFailure(error)?.errno === 1461;
}

/** Whether nobody has put another function in its place. In doubt somebody has. */
function isOwnExecute({ execute, prepare, unprepare }: MysqlClient): boolean {
  return (
    typeof prepare === 'function' &&
    typeof unprepare === 'function' &&
    Function.prototype.toString.call(execute).includes('new Commands.Execute(')
  );
}
