import {
  type Clock,
  type Counter,
  type Metrics,
  optionsOf,
  silentMetrics,
  systemClock,
  wholeNumber,
} from '@seaworthy/contracts';
import { createKeyHash, type KeyHash } from './key-hash.js';
import {
  blockedUntilUs,
  fits,
  giveBack,
  type LimitRule,
  outcomeOf,
  spend,
  type Usage,
  usageAt,
  weightUs,
} from './limit-rule.js';
import type { LimitCharge, LimitOutcomes, LimitStore } from './limit-store.js';
import { RankedKeys } from './ranked-keys.js';

export interface MemoryStoreOptions {
  /** How many blocked keys are kept, and as many others. @defaultValue 65536 */
  readonly maxKeys?: number;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
  /** @defaultValue silentMetrics */
  readonly metrics?: Metrics;
}

export interface MemoryStoreSize {
  /** Keys at their limit now or a moment ago. */
  readonly blocked: number;
  /** Keys with something left. */
  readonly open: number;
  /** Blocked keys that were forgotten before their time, since the start: 0 unless more than `maxKeys` were blocked at once. */
  readonly blockedEvictions: number;
}

export interface MemoryStore extends LimitStore {
  consume(charges: readonly LimitCharge[]): LimitOutcomes;
  release(charges: readonly LimitCharge[]): void;
  size(): MemoryStoreSize;
}

const readOptions = optionsOf<MemoryStoreOptions>('memoryStore', {
  maxKeys: true,
  clock: true,
  metrics: true,
});

/**
 * Counts in this process, in bounded memory that a flood of new keys cannot use to free a blocked one.
 *
 * Blocked and open keys have room of their own. Among blocked keys the nearest to its end goes first, and only when more
 * than `maxKeys` are blocked at once; among open keys the least used goes first. Times are compared when a request comes,
 * so there is no timer and windows of years are exact.
 *
 * @example
 * createSecurity({ limits: { store: memoryStore({ maxKeys: 10_000 }), policies: [policy('ip', { limit: 100, per: '1m' })] } });
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { maxKeys = 65_536, clock = systemClock, metrics = silentMetrics } = readOptions(options);
  wholeNumber('memoryStore', 'maxKeys', maxKeys, { min: 64, max: 16_777_216 });
  const blocked = new RankedKeys(maxKeys);
  const open = new RankedKeys(maxKeys);
  const evictions: Counter = metrics.counter({
    name: 'seaworthy.security.limit.memory.evictions',
    description: 'Keys forgotten before their time because the table was full.',
    unit: '{key}',
  });
  const hash = createKeyHash();
  let blockedEvictions = 0;

  function keep(rule: LimitRule, key: KeyHash, usage: Usage, nowUs: number): void {
    const until = blockedUntilUs(rule, usage);
    if (until > nowUs) {
      open.delete(key);
      keepBlocked(key, usage, until, nowUs);
      return;
    }
    blocked.delete(key);
    // A newcomer always gets its place, and is then the first to lose it: a flood turns over one place, not the table.
    if (isFullFor(open, key) && (open.lowest ?? 0) > nowUs) evictions.add(1, { state: 'open' });
    open.set(key, usage, weightUs(rule, usage));
  }

  function keepBlocked(key: KeyHash, usage: Usage, until: number, nowUs: number): void {
    const nearest = isFullFor(blocked, key) ? (blocked.lowest ?? 0) : 0;
    if (nearest > nowUs) {
      blockedEvictions += 1;
      evictions.add(1, { state: 'blocked' });
    }
    if (until > nearest) blocked.set(key, usage, until);
  }

  return {
    consume(charges) {
      const nowUs = Math.floor(clock.monotonic() * 1_000);
      const entries = charges.map(({ rule, key, cost }) => {
        const id = hash(`${rule.name} ${key}`);
        const usage = usageAt(rule, blocked.get(id) ?? open.get(id), nowUs);
        return { rule, id, cost, usage, fits: fits(rule, usage, nowUs, cost) };
      });
      const all = entries.every((entry) => entry.fits);
      return entries.map(({ rule, id, cost, usage, fits: fitted }) => {
        if (!all) return outcomeOf(rule, usage, nowUs, fitted ? 0 : cost);
        const spent = cost === 0 ? usage : spend(rule, usage, cost);
        if (cost > 0) keep(rule, id, spent, nowUs);
        return outcomeOf(rule, spent, nowUs, 0);
      });
    },
    release(charges) {
      const nowUs = Math.floor(clock.monotonic() * 1_000);
      for (const { rule, key, cost } of charges) {
        const id = hash(`${rule.name} ${key}`);
        const usage = blocked.get(id) ?? open.get(id);
        if (usage === undefined) continue;
        const left = giveBack(rule, usageAt(rule, usage, nowUs), nowUs, cost);
        if (left !== undefined) keep(rule, id, left, nowUs);
        else if (!blocked.delete(id)) open.delete(id);
      }
    },
    size: () => ({ blocked: blocked.size, open: open.size, blockedEvictions }),
  };
}

function isFullFor(table: RankedKeys, key: KeyHash): boolean {
  return table.full && table.get(key) === undefined;
}
