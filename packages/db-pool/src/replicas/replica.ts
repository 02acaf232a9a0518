import type { Clock, Logger } from '@seaworthy/contracts';
import type { Db } from '../db.js';
import { type ReplicationEngine, stateOf } from './engine.js';
import type { PositionHistory } from './history.js';
import { covers } from './position.js';

/**
 * `ready` serves reads; `lagging` is further behind than `drainAfter`; `unreachable` does not answer; `promoted` has become a
 * primary, whose data may be another story; `unknown` was not asked yet.
 */
export type ReplicaState = 'unknown' | 'ready' | 'lagging' | 'unreachable' | 'promoted';

export interface ReplicaStatus {
  /** `host:port`. */
  readonly address: string;
  readonly state: ReplicaState;
  /** How old what it shows may be at the most, in milliseconds; `undefined` while it is not known. */
  readonly stalenessMs: number | undefined;
}

export interface ReplicaOptions {
  /** Where reads go. */
  readonly db: Db;
  /** One connection apart, because reads that fill the pool say nothing about the server. */
  readonly watcher: Db;
  readonly drainAfterMs: number;
  readonly probeMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One replica and what is known about it. */
export class Replica {
  readonly db: Db;
  readonly #options: ReplicaOptions;
  #state: ReplicaState = 'unknown';
  #position = '';
  #freshAt: number | undefined;
  readonly #goneListeners = new Set<() => void>();

  constructor(options: ReplicaOptions) {
    this.db = options.db;
    this.#options = options;
  }

  get state(): ReplicaState {
    return this.#state;
  }

  get stalenessMs(): number | undefined {
    return this.#freshAt === undefined ? undefined : this.#options.clock.monotonic() - this.#freshAt;
  }

  get status(): ReplicaStatus {
    return { address: this.db.address, state: this.#state, stalenessMs: this.stalenessMs };
  }

  /** Calls `listener` when the replica does not answer any more, so that a read that hangs on it can go elsewhere. */
  onGone(listener: () => void): () => void {
    this.#goneListeners.add(listener);
    return () => this.#goneListeners.delete(listener);
  }

  /** Whether it is known to have applied `position`. */
  has(engine: ReplicationEngine, position: string): boolean {
    return this.#state === 'ready' && covers(engine.kind, this.#position, position);
  }

  /** Asks for its role and how far it is, and puts it into or out of service. Never rejects. */
  async check(engine: ReplicationEngine, history: PositionHistory): Promise<void> {
    const { watcher, probeMs, drainAfterMs } = this.#options;
    try {
      const { isReplica, position } = await stateOf(watcher, engine, probeMs);
      if (!isReplica) return this.#become('promoted');
      this.#position = position;
      // While the primary does not answer nobody can say how far behind it is; what was known stays.
      this.#freshAt = history.freshAt(engine.kind, position) ?? this.#freshAt;
      const behindMs = this.#behindMs(history);
      this.#become(behindMs !== undefined && behindMs <= drainAfterMs ? 'ready' : 'lagging');
    } catch {
      this.#become('unreachable');
    }
  }

  /** Something failed on it as it does when a server is gone. The next check brings it back. */
  suspect(): void {
    if (this.#state === 'ready') this.#become('unreachable');
  }

  async close(): Promise<void> {
    await Promise.all([this.#options.watcher.close(), this.db.close()]);
  }

  /** How much of what the primary was seen to write is missing, in time. */
  #behindMs(history: PositionHistory): number | undefined {
    if (this.#freshAt === undefined || history.latestAt === undefined) return undefined;
    return history.latestAt - this.#freshAt;
  }

  #become(state: ReplicaState): void {
    const before = this.#state;
    if (before === state) return;
    this.#state = state;
    const { logger } = this.#options;
    const fields = { replica: this.db.address, before, state, stalenessMs: this.stalenessMs };
    if (state === 'ready') {
      if (before !== 'unknown') logger.info('A database replica is back in service', fields);
      return;
    }
    logger.warn('A database replica was taken out of service', fields);
    if (state === 'unreachable' || state === 'promoted') {
      for (const listener of this.#goneListeners) listener();
    }
  }
}
