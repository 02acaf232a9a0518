import type { RedisCommands } from '@seaworthy/contracts';
import type { LimitOutcomes } from './limit-store.js';
import { consumeAll, type KeyedCharge } from './run-script.js';

export type Consume = (request: readonly KeyedCharge[]) => Promise<LimitOutcomes>;

interface Waiting {
  readonly request: readonly KeyedCharge[];
  readonly resolve: (outcomes: LimitOutcomes) => void;
  readonly reject: (error: unknown) => void;
}

/** Two calls of half the size keep client and Redis at work together, and no script holds Redis for more than a tenth of a millisecond. */
const maxKeys = 32;

/**
 * Puts the requests of one turn of the event loop into one call. They wait until the turn has read its sockets, which is no
 * wait for a request that came alone.
 */
export class ScriptLane {
  readonly #redis: RedisCommands;
  readonly #otherwise: ((error: unknown) => Consume | undefined) | undefined;
  #waiting: Waiting[] = [];

  /** @param otherwise - for an error that came before anything was run: what decides each of the requests instead. */
  constructor(redis: RedisCommands, otherwise?: (error: unknown) => Consume | undefined) {
    this.#redis = redis;
    this.#otherwise = otherwise;
  }

  consume(request: readonly KeyedCharge[]): Promise<LimitOutcomes> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#send());
      this.#waiting.push({ request, resolve, reject });
    });
  }

  #send(): void {
    const all = this.#waiting;
    this.#waiting = [];
    let from = 0;
    let keys = 0;
    for (const [at, { request }] of all.entries()) {
      if (at > from && keys + request.length > maxKeys) {
        void this.#call(all.slice(from, at));
        from = at;
        keys = 0;
      }
      keys += request.length;
    }
    void this.#call(from === 0 ? all : all.slice(from));
  }

  async #call(batch: readonly Waiting[]): Promise<void> {
    try {
      const answers = await consumeAll(
        this.#redis,
        batch.map(({ request }) => request),
      );
      for (const [at, { resolve }] of batch.entries()) resolve(answers[at] ?? []);
    } catch (error) {
      const consume = this.#otherwise?.(error);
      for (const { request, resolve, reject } of batch) {
        if (consume === undefined) reject(error);
        else consume(request).then(resolve, reject);
      }
    }
  }
}
