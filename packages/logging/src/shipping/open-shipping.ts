import { type Clock, exponentialBackoff } from '@seaworthy/contracts';
import { createLineQueue } from '../sinks/line-queue.js';
import type { Sink, SinkHost } from '../sinks/sink.js';
import { deadLetters } from './dead-letters.js';
import { createShipper } from './shipper.js';
import type { ShippingSettings } from './shipping-options.js';
import { type ShippingStats, shippingMetrics } from './shipping-stats.js';
import type { ShippingTarget } from './shipping-target.js';
import { openSpool } from './spool.js';
import { framed } from './spool-record.js';

/** Gauges are told the time that passes at least this often while lines wait. */
const measureEveryMs = 5_000;

/** The sink over its spool, and what it has done. @throws LoggingError */
export function openShipping(
  folder: string,
  target: ShippingTarget,
  settings: ShippingSettings,
  host: SinkHost,
): { readonly sink: Sink; stats(): ShippingStats } {
  const { clock } = host;
  const tell = shippingMetrics(settings.metrics, target.name);
  const spool = openSpool({ folder, maxBytes: settings.maxBytes, onFull: settings.onFull });
  const notice = (count: number): string => framed(host.droppedNotice(count), clock.now());
  let closed = false;
  const queue = createLineQueue({
    name: `shipping ${target.name}`,
    when: settings.mode === 'sync' ? 'line' : 'turn',
    maxLength: settings.maxWaiting,
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
