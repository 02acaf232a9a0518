import type { ShippingTarget, SpooledRecord, Verdict } from '../../src/shipping/index.js';
import type { Line } from './memory-sink.js';

/** A receiver that keeps what it is given, or refuses while it is down. */
export interface MemoryTarget extends ShippingTarget {
  readonly received: SpooledRecord[];
  down: boolean;
  deliveries: number;
  lines(): Line[];
}

export function memoryTarget(name = 'memory'): MemoryTarget {
  const target: MemoryTarget = {
    name,
    received: [],
    down: false,
    deliveries: 0,
    async deliver(records): Promise<Verdict[]> {
      target.deliveries += 1;
      if (target.down) throw Object.assign(new Error('down'), { code: 'ECONNREFUSED' });
      target.received.push(...records);
      return records.map(() => 'stored');
    },
    close: async () => undefined,
    lines: () => target.received.map(({ line }) => JSON.parse(line)),
  };
  return target;
}
