import type { DriverResult, DriverRows } from '../driver.js';
import type { Statement } from '../sql/compile.js';

/**
 * Rows through a cursor that PostgreSQL's SQL declares: it needs a transaction, goes through PgBouncer in transaction mode, and lets
 * other statements run in between. PostgreSQL documentation, DECLARE.
 */
export class CursorRows implements DriverRows {
  readonly #name: string;
  readonly #statement: Statement;
  readonly #query: (statement: Statement) => Promise<DriverResult>;
  #isOpen = false;

  /** @param name - Unique in its session. */
  constructor(name: string, statement: Statement, query: (statement: Statement) => Promise<DriverResult>) {
    this.#name = name;
    this.#statement = statement;
    this.#query = query;
  }

  async read(count: number): Promise<readonly Record<string, unknown>[]> {
    if (!this.#isOpen) {
      const { text, values } = this.#statement;
      await this.#query({ text: `declare ${this.#name} no scroll cursor for ${text}`, values });
      this.#isOpen = true;
    }
    const { rows } = await this.#query({ text: `fetch forward ${count} from ${this.#name}`, values: [] });
    return rows;
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#query({ text: `close ${this.#name}`, values: [] });
  }
}
