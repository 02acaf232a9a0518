import { type Clock, type Logger, sleep } from '@seaworthy/contracts';
import type { Db } from '../db.js';
import { Alarm } from '../pool/alarm.js';
import { type ReplicationEngine, replicationEngineOf, stateOf } from './engine.js';
import { PositionHistory } from './history.js';
import type { Replica } from './replica.js';

export interface ReplicaMonitorOptions {
  /** One connection to the primary, apart from the pool. */
  readonly watcher: Db;
  readonly replicas: readonly Replica[];
  readonly checkEveryMs: number;
  readonly probeMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** After each round. */
  readonly onChecked: () => void;
}

/** Asks the primary and then the replicas, again and again. */
export class ReplicaMonitor {
  readonly #options: ReplicaMonitorOptions;
  readonly #history = new PositionHistory();
  readonly #alarm: Alarm;
  #engine: ReplicationEngine | undefined;
  #round: Promise<void> | undefined;
  #primaryIs: 'unknown' | 'primary' | 'replica' | 'unreachable' = 'unknown';
  #closed = false;

  constructor(options: ReplicaMonitorOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => void this.check());
  }

  /** Known from the first answer of any server on. */
  get engine(): ReplicationEngine | undefined {
    return this.#engine;
  }

  get primaryAnswers(): boolean {
    return this.#primaryIs !== 'unreachable';
  }

  /** Starts to ask when nobody has yet. */
  start(): void {
    if (this.#round === undefined && !this.#alarm.isSet) void this.check();
  }

  /** Ends when the first round has. */
  async ready(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    this.start();
    const { clock } = this.#options;
    const until = clock.monotonic() + timeoutMs;
    while (this.#round !== undefined && clock.monotonic() < until) await sleep(clock, 10, { signal });
  }

  /** One round; callers at the same time share it. Never rejects. */
  check(): Promise<void> {
    this.#round ??= this.#check().finally(() => {
      this.#round = undefined;
      if (!this.#closed) this.#alarm.set(this.#options.checkEveryMs);
    });
    return this.#round;
  }

  close(): void {
    this.#closed = true;
    this.#alarm.cancel();
  }

  async #check(): Promise<void> {
    if (this.#closed) return;
    const { replicas, onChecked } = this.#options;
    await this.#checkPrimary();
    const engine = this.#engine;
    if (engine !== undefined)
      await Promise.all(replicas.map((replica) => replica.check(engine, this.#history)));
    if (!this.#closed) onChecked();
  }

  async #checkPrimary(): Promise<void> {
    const { watcher, probeMs, clock } = this.#options;
    const askedAt = clock.monotonic();
    try {
      this.#engine ??= await replicationEngineOf(watcher, probeMs);
      const { isReplica, position } = await stateOf(watcher, this.#engine, probeMs);
      this.#become(isReplica ? 'replica' : 'primary');
      if (!isReplica) this.#history.add(position, askedAt);
    } catch {
      this.#become('unreachable');
    }
  }

  #become(is: 'primary' | 'replica' | 'unreachable'): void {
    const before = this.#primaryIs;
    this.#primaryIs = is;
    if (before === is || is !== 'replica') return;
    this.#options.logger.error(
      'The database that is configured as the primary refuses writes: it is a replica',
      {
        primary: this.#options.watcher.address,
      },
    );
  }
}
