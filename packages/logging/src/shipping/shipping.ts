import {
  type BytesInput,
  type Clock,
  type DurationInput,
  exponentialBackoff,
  invalidOption,
  type Metrics,
  optionsOf,
  parseBytes,
  parseDuration,
  silentMetrics,
  wholeNumber,
} from '@seaworthy/contracts';
import { createLineQueue } from '../line-queue.js';
import type { Sink, SinkDefinition, SinkHost } from '../sink.js';
import { deadLetters } from './dead-letters.js';
import { createShipper } from './shipper.js';
import { type ShippingStats, shippingMetrics } from './shipping-stats.js';
import type { ShippingTarget } from './shipping-target.js';
import { openSpool } from './spool.js';
import { framed } from './spool-record.js';

export interface ShippingOptions {
  /** What is shipped, whatever the logger's level is. @defaultValue the logger's level */
  readonly level?: string;
  /** Bytes of the spool on the disk, from 1 MB on. @defaultValue '256mb' */
  readonly maxBytes?: BytesInput;
  /** What goes when the spool is full: its oldest segment, a sixteenth of it, or lines that are new. @defaultValue 'drop-oldest' */
  readonly onFull?: 'drop-oldest' | 'drop-newest';
  /**
   * When lines reach the spool. `turn`: at the end of each turn of the event loop, so that SIGKILL costs at most one turn.
   * `sync`: each before the call returns, so that it costs nothing. @defaultValue 'turn'
   */
  readonly mode?: 'turn' | 'sync';
  /** How long one delivery may take. @defaultValue '10s' */
  readonly timeout?: DurationInput;
  /** How long lines gather before they are sent together. @defaultValue '500ms' */
  readonly linger?: DurationInput;
  /** Lines of one delivery. @defaultValue 1000 */
  readonly batchLines?: number;
  /** Bytes of one delivery. @defaultValue '1mb' */
  readonly batchBytes?: BytesInput;
  /** The longest wait between two tries; waits are random and double from 250 ms on. @defaultValue '30s' */
  readonly maxRetryDelay?: DurationInput;
  /** Bytes of `dead-letters.ndjson`; what does not fit is dropped and counted. @defaultValue '16mb' */
  readonly maxDeadLetters?: BytesInput;
  /** @defaultValue none */
  readonly metrics?: Metrics;
  /** @defaultValue Math.random */
  readonly random?: () => number;
}

/** A sink that ships, and what it has done. */
export interface Shipping extends SinkDefinition {
  stats(): ShippingStats;
}

const readOptions = optionsOf<ShippingOptions>('shipping', {
  level: true,
  maxBytes: true,
  onFull: true,
  mode: true,
  timeout: true,
  linger: true,
  batchLines: true,
  batchBytes: true,
  maxRetryDelay: true,
  maxDeadLetters: true,
  metrics: true,
  random: true,
});

const smallestSpool = 1_048_576;
const nothingYet: ShippingStats = {
  sent: 0,
  duplicates: 0,
  dropped: 0,
  deadLetters: 0,
  retries: 0,
  waiting: 0,
  spoolBytes: 0,
  lagSeconds: 0,
  state: 'closed',
  lastError: undefined,
};

/**
 * Ships lines to a receiver through a spool on the disk: an outage of the receiver, and the end of this process, lose nothing
 * until the spool is full. Lines arrive in order and at least once; one that arrives twice has the same id both times.
 *
 * @param folder - belongs to this sink alone. One process uses it.
 * @throws OptionsError at once for a wrong option; LoggingError `LOG_SPOOL_OPEN`, `LOG_SPOOL_LOCKED` or `LOG_SPOOL_FORMAT` from
 * `createLogger`.
 *
 * @example
 * const client = new Client({ node: 'http://elasticsearch:9200' });
 * createLogger({ service, environment, sinks: [stdout(), shipping('spool', elasticsearch(client, { index: 'kpi-logs' }))] });
 */
export function shipping(folder: string, target: ShippingTarget, options: ShippingOptions = {}): Shipping {
  const settings = settingsOf(options);
  if (typeof folder !== 'string' || folder === '') throw invalidOption('shipping', 'folder', 'a path');
  if (typeof target?.deliver !== 'function') {
    throw invalidOption('shipping', 'target', 'made by elasticsearch(client) or forward(options)');
  }
  let stats = (): ShippingStats => nothingYet;
  return {
    name: `shipping ${target.name}`,
    level: options.level,
    stats: () => stats(),
    open(host) {
      const opened = openShipping(folder, target, settings, host);
      stats = opened.stats;
      return opened.sink;
    },
  };
}

type Settings = ReturnType<typeof settingsOf>;

function settingsOf(options: ShippingOptions) {
  const {
    maxBytes = '256mb',
    onFull = 'drop-oldest',
    mode = 'turn',
    batchLines = 1_000,
  } = readOptions(options);
  if (onFull !== 'drop-oldest' && onFull !== 'drop-newest') {
    throw invalidOption('shipping', 'onFull', '"drop-oldest" or "drop-newest"');
  }
  if (mode !== 'turn' && mode !== 'sync') throw invalidOption('shipping', 'mode', '"turn" or "sync"');
  const spoolBytes = parseBytes(maxBytes);
  if (spoolBytes < smallestSpool) throw invalidOption('shipping', 'maxBytes', 'at least 1 MB');
  const timeoutMs = parseDuration(options.timeout ?? '10s');
  if (timeoutMs < 1) throw invalidOption('shipping', 'timeout', 'at least 1 ms');
  return {
    maxBytes: spoolBytes,
    onFull,
    mode,
    timeoutMs,
    lingerMs: parseDuration(options.linger ?? '500ms'),
    limits: {
      maxRecords: wholeNumber('shipping', 'batchLines', batchLines, { min: 1 }),
      maxBytes: wholeNumber('shipping', 'batchBytes', parseBytes(options.batchBytes ?? '1mb'), {
        min: 1_024,
      }),
    },
    maxRetryMs: parseDuration(options.maxRetryDelay ?? '30s'),
    maxDeadLetters: parseBytes(options.maxDeadLetters ?? '16mb'),
    metrics: options.metrics ?? silentMetrics,
    random: options.random ?? Math.random,
  };
}

/** Gauges are told the time that passes at least this often while lines wait. */
const measureEveryMs = 5_000;

function openShipping(
  folder: string,
  target: ShippingTarget,
  settings: Settings,
  host: SinkHost,
): { readonly sink: Sink; stats(): ShippingStats } {
  const { clock } = host;
  const spool = openSpool({ folder, maxBytes: settings.maxBytes, onFull: settings.onFull });
  const tell = shippingMetrics(settings.metrics, target.name);
  const notice = (count: number): string => framed(host.droppedNotice(count), clock.now());
  let closed = false;
  const queue = createLineQueue({
    name: `shipping ${target.name}`,
    when: settings.mode === 'sync' ? 'line' : 'turn',
    // Three bytes each at most, so what waits in memory always fits the bound of the disk.
    maxLength: Math.max(smallestSpool / 8, Math.floor(settings.maxBytes / 64)),
    clock,
    droppedNotice: notice,
    write(chunk, offset) {
      const taken = spool.write(chunk, offset);
      shipper.wake();
      return taken;
    },
  });
  const shipper = createShipper({
    ...settings,
    target,
    spool,
    deadLetters: deadLetters(folder, settings.maxDeadLetters),
    backoff: exponentialBackoff({ baseMs: 250, maxMs: settings.maxRetryMs, random: settings.random }),
    clock,
    report: (level, message, fields) => {
      if (!closed) host.report(level, message, fields);
    },
    progressed() {
      if (!shipper.failing && !closed) {
        const untold = spool.takeUntold();
        if (untold > 0) queue.push(notice(untold));
        if (queue.stats().lastError === 'SPOOL_FULL') queue.flushSync(0);
      }
      tell(stats());
    },
  });
  shipper.wake(); // for what an earlier process left
  const measured = repeat(clock, measureEveryMs, () => tell(stats()));

  function stats(): ShippingStats {
    const { sent, duplicates, deadLetters: dead, retries, lost } = shipper.tally;
    const queued = queue.stats();
    const { oldestMs } = shipper;
    return {
      sent,
      duplicates,
      deadLetters: dead,
      retries,
      dropped: queued.dropped + spool.dropped + spool.damaged + lost,
      waiting: queued.buffered + spool.waiting + shipper.inFlight,
      spoolBytes: spool.bytes,
      lagSeconds: oldestMs === undefined ? 0 : Math.max(0, clock.now() - oldestMs) / 1_000,
      state: closed ? 'closed' : shipper.failing ? 'failing' : 'shipping',
      lastError: shipper.lastError,
    };
  }

  const sink: Sink = {
    write: (line) => queue.push(framed(line, clock.now())),
    flushSync: queue.flushSync,
    async flush(timeoutMs) {
      const giveUpAt = clock.monotonic() + timeoutMs;
      await queue.flush(timeoutMs);
      await shipper.settled(Math.max(0, giveUpAt - clock.monotonic()));
    },
    reopen: () => undefined,
    close() {
      if (closed) return;
      queue.flushSync(0);
      queue.end();
      shipper.stop();
      closed = true;
      measured.cancel();
      tell(stats());
      spool.close();
      void target.close().catch(() => undefined);
    },
    stats() {
      const all = stats();
      const queued = queue.stats();
      const lastError = queued.lastError ?? all.lastError;
      return { ...queued, written: all.sent, dropped: all.dropped, buffered: all.waiting, lastError };
    },
  };
  return { sink, stats };
}

function repeat(clock: Clock, everyMs: number, work: () => void): { cancel(): void } {
  let timer = clock.schedule(tick, everyMs);
  function tick(): void {
    work();
    timer = clock.schedule(tick, everyMs);
  }
  return { cancel: () => timer.cancel() };
}
