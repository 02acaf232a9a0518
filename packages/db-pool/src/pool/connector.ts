import { type Clock, exponentialBackoff } from '@seaworthy/contracts';
import { Alarm } from './alarm.js';
import { ConnectionTimeoutError } from './pool-errors.js';

/** While the server is down: an attempt each `steadyMs`, one at a time, and after `steadyForMs` ever rarer up to `maxMs`. */
const retry = { steadyMs: 100, steadyForMs: 30_000, maxMs: 5_000 } as const;

/** More handshakes at once gain little and are felt by a server that has just come back. */
const parallelAttempts = 4;

export interface Disposable {
  destroy(): void;
}

export interface ConnectorOptions<C extends Disposable> {
  readonly connect: (signal: AbortSignal) => Promise<C>;
  readonly address: string;
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** With the monotonic time at which the attempt began. */
  readonly onConnected: (connection: C, beganAt: number) => void;
  /** A slot is free again, or it is time for the next attempt: say anew with `want` how many are needed. */
  readonly onIdle: () => void;
  readonly onDown: (error: unknown) => void;
  readonly onUp: (failures: number, downMs: number) => void;
}

interface Outage {
  readonly since: number;
  /** Since when there were attempts without a longer break; what happened before one says nothing about now. */
  triedSince: number;
  lastAt: number;
  failures: number;
  error: unknown;
}

/**
 * Makes connections in the background, as many as are wanted, and slows down while the server is down.
 *
 * Callers never wait for a particular attempt: a connection that becomes free first serves them (HikariCP calls this
 * elision), so a burst of 50 callers on 5 connections does not open 45 more.
 */
export class Connector<C extends Disposable> {
  readonly #options: ConnectorOptions<C>;
  readonly #attempts = new Set<AbortController>();
  #outage: Outage | undefined;
  readonly #pause: Alarm;
  #stopped = false;

  constructor(options: ConnectorOptions<C>) {
    this.#options = options;
    this.#pause = new Alarm(options.clock, () => options.onIdle());
  }

  get connecting(): number {
    return this.#attempts.size;
  }

  /** The last failure while the server is down; `undefined` while all is well. */
  get failure(): { readonly error: unknown; readonly failures: number } | undefined {
    return this.#outage;
  }

  /** Starts attempts until `count` are under way, or as many as may be. */
  want(count: number): void {
    if (this.#stopped || this.#pause.isSet) return;
    const allowed = Math.min(count, this.#outage === undefined ? parallelAttempts : 1);
    while (this.#attempts.size < allowed) void this.#attempt();
  }

  /** Ends every attempt; none starts any more. */
  stop(): void {
    this.#stopped = true;
    this.#pause.cancel();
    for (const attempt of this.#attempts) attempt.abort();
    this.#attempts.clear();
  }

  async #attempt(): Promise<void> {
    const { clock, connect, connectTimeoutMs, address } = this.#options;
    const controller = new AbortController();
    this.#attempts.add(controller);
    const startedAt = clock.monotonic();
    const timer = clock.schedule(() => {
      controller.abort();
      this.#settle(controller, () => this.#failed(new ConnectionTimeoutError(address, connectTimeoutMs)));
    }, connectTimeoutMs);
    try {
      const connection = await connect(controller.signal);
      const inTime = this.#settle(controller, () => {
        this.#succeeded();
        this.#options.onConnected(connection, startedAt);
      });
      if (!inTime) connection.destroy();
    } catch (error) {
      this.#settle(controller, () => this.#failed(error));
    } finally {
      timer.cancel();
    }
  }

  /** Runs `then` unless the attempt was given up before, which it says. */
  #settle(attempt: AbortController, then: () => void): boolean {
    if (!this.#attempts.delete(attempt)) return false;
    then();
    return true;
  }

  #succeeded(): void {
    const outage = this.#outage;
    if (outage === undefined) return;
    this.#outage = undefined;
    this.#options.onUp(outage.failures, this.#options.clock.monotonic() - outage.since);
  }

  #failed(error: unknown): void {
    const { clock, connectTimeoutMs } = this.#options;
    const now = clock.monotonic();
    if (this.#outage === undefined) {
      this.#outage = { since: now, triedSince: now, lastAt: now, failures: 1, error };
      this.#options.onDown(error);
    } else {
      if (now - this.#outage.lastAt > retry.maxMs + retry.steadyMs + connectTimeoutMs)
        this.#outage.triedSince = now;
      this.#outage.lastAt = now;
      this.#outage.failures += 1;
      this.#outage.error = error;
    }
    this.#pause.set(this.#pauseMs(now - this.#outage.triedSince));
    this.#options.onIdle();
  }

  #pauseMs(downMs: number): number {
    if (downMs < retry.steadyForMs) return retry.steadyMs;
    const attempt = 1 + Math.log2(downMs / retry.steadyForMs) * 4;
    const backoff = exponentialBackoff({ baseMs: 1_000, maxMs: retry.maxMs, random: this.#options.random });
    return retry.steadyMs + backoff(attempt);
  }
}
