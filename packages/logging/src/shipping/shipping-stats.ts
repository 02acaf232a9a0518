import type { Metrics } from '@seaworthy/contracts';

/** What became of lines on their way to a receiver; counted since the logger was created, exactly. */
export interface ShippingStats {
  /** Lines that the receiver confirmed. Those of `duplicates` are among them. */
  readonly sent: number;
  /** Lines that the receiver had already: they were sent again because the answer to the first time was lost. */
  readonly duplicates: number;
  /** Lines that were lost: the spool was full, a record was damaged, or a dead letter found no room. */
  readonly dropped: number;
  /** Lines that the receiver refused for good; they stand in `dead-letters.ndjson`. */
  readonly deadLetters: number;
  /** Deliveries that were tried again, in whole or in part. */
  readonly retries: number;
  /** Lines that wait. */
  readonly waiting: number;
  /** Bytes of the spool on the disk. */
  readonly spoolBytes: number;
  /** How long the oldest line has waited. */
  readonly lagSeconds: number;
  /** `failing` from the first delivery that fails until one succeeds. */
  readonly state: 'shipping' | 'failing' | 'closed';
  /** Why the last delivery failed: a system code, a status, or an error's name. */
  readonly lastError: string | undefined;
}

/** Tells a registry what has changed since it was told last. One that throws does not stop the shipping. */
export function shippingMetrics(metrics: Metrics, target: string): (stats: ShippingStats) => void {
  const labels = { target };
  const gauge = (name: string, unit: string, description: string) =>
    metrics.gauge({ name: `log.shipping.${name}`, unit, description });
  const counters = (
    [
      ['sent', 'Log lines that the receiver confirmed'],
      ['duplicates', 'Log lines that the receiver had already'],
      ['dropped', 'Log lines that were lost on their way to the receiver'],
      ['deadLetters', 'Log lines that the receiver refused for good'],
      ['retries', 'Deliveries of log lines that were tried again'],
    ] as const
  ).map(([key, description]) => {
    const name = `log.shipping.${key === 'deadLetters' ? 'dead_letters' : key}`;
    const unit = key === 'retries' ? '{delivery}' : '{line}';
    return { key, counter: metrics.counter({ name, unit, description }), told: { count: 0 } };
  });
  const size = gauge('spool.size', 'By', 'Bytes of the spool of log lines');
  const lag = gauge('lag', 's', 'How long the oldest log line has waited for its receiver');
  const tell = (stats: ShippingStats): void => {
    size.set(stats.spoolBytes, labels);
    lag.set(stats.lagSeconds, labels);
    for (const { key, counter, told } of counters) {
      if (stats[key] > told.count) counter.add(stats[key] - told.count, labels);
      told.count = stats[key];
    }
  };
  return (stats) => {
    try {
      tell(stats);
    } catch {
      // There is nobody to tell.
    }
  };
}
