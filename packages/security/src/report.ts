import type { Logger, Metrics } from '@seaworthy/contracts';
import type { SecurityEvent } from './security-event.js';
import { tellListener } from './tell-listener.js';

export interface ReportOptions {
  readonly onEvent: ((event: SecurityEvent) => void) | undefined;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Tells events to the metrics, the caller and, for changes of the store, the log: one line per change, none per request. */
export function report({ onEvent, logger, metrics }: ReportOptions): (event: SecurityEvent) => void {
  const refusals = metrics.counter({
    name: 'seaworthy.security.refusals',
    description: 'Requests refused, by reason and policy.',
    unit: '{request}',
  });
  const storeUp = metrics.gauge({
    name: 'seaworthy.security.limit.store.up',
    description: 'Whether the store of the rate limits answers: 1 or 0.',
    unit: '1',
  });
  storeUp.set(1);

  return (event) => {
    switch (event.type) {
      case 'limited':
      case 'limit-unavailable':
        refusals.add(1, { reason: event.type, policy: event.policy });
        break;
      case 'csrf':
      case 'cors-refused':
        refusals.add(1, { reason: event.type, policy: '' });
        break;
      case 'limit-store-down':
        storeUp.set(0);
        logger.warn('Rate limit store is down; policies follow their onStoreDown', { reason: event.reason });
        break;
      case 'limit-store-up':
        storeUp.set(1);
        logger.info('Rate limit store answers again', { downMs: event.downMs });
        break;
    }
    tellListener(onEvent, event, (error) => logger.error('onEvent of createSecurity threw', { error }));
  };
}
