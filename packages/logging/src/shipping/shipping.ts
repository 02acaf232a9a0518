import { invalidOption } from '@seaworthy/contracts';
import type { SinkDefinition } from '../sinks/sink.js';
import { openShipping } from './open-shipping.js';
import { type ShippingOptions, shippingSettings } from './shipping-options.js';
import type { ShippingStats } from './shipping-stats.js';
import type { ShippingTarget } from './shipping-target.js';

/** A sink that ships, and what it has done. */
export interface Shipping extends SinkDefinition {
  stats(): ShippingStats;
}

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
  const settings = shippingSettings(options);
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
