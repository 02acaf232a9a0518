import { createHash } from 'node:crypto';

/** Texts that were used once. More of them than this are a program that builds endless ones. */
const maxSeenOnce = 1_000;

export interface PreparedUse {
  /** What to call it in the server; `undefined` to send it without a name. */
  readonly name: string | undefined;
  /** What to take out of the server, because this one came in. */
  readonly evicted: string | undefined;
}

const unnamed: PreparedUse = { name: undefined, evicted: undefined };

/**
 * Which statements one connection keeps prepared. A text is prepared when it is used for the second time, so that texts which
 * are used once do not push out those that are used always; the one unused for longest leaves when the bound is reached.
 */
export class PreparedStatements {
  readonly #max: number;
  readonly #seenOnce = new Set<string>();
  /** The order is that of use once the bound is reached, and of coming in before it. */
  readonly #uses = new Map<string, PreparedUse & { readonly name: string }>();

  constructor(max: number) {
    this.#max = max;
  }

  use(text: string): PreparedUse {
    const use = this.#uses.get(text);
    if (use === undefined) return this.#max === 0 ? unnamed : this.#meet(text);
    if (this.#uses.size >= this.#max) {
      this.#uses.delete(text);
      this.#uses.set(text, use);
    }
    return use;
  }

  /** It is not what the server has under that name any more. Returns the name, if it had one. */
  take(text: string): string[] {
    const use = this.#uses.get(text);
    this.#uses.delete(text);
    return use === undefined ? [] : [use.name];
  }

  /** None is what the server has any more. Returns their names. */
  clear(): string[] {
    const names = Array.from(this.#uses.values(), ({ name }) => name);
    this.#uses.clear();
    return names;
  }

  #meet(text: string): PreparedUse {
    if (!this.#seenOnce.delete(text)) {
      if (this.#seenOnce.size >= maxSeenOnce) this.#seenOnce.clear();
      this.#seenOnce.add(text);
      return unnamed;
    }
    const name = nameOf(text);
    this.#uses.set(text, { name, evicted: undefined });
    return { name, evicted: this.#uses.size > this.#max ? this.#evictOldest() : undefined };
  }

  #evictOldest(): string | undefined {
    const [oldest] = this.#uses.keys();
    return oldest === undefined ? undefined : this.take(oldest)[0];
  }
}

/**
 * The same name always means the same text. Where a pooler hands one server connection to several clients, a number would
 * run the statement of somebody else.
 */
function nameOf(text: string): string {
  return `seaworthy_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}
