import type { FakeClock } from '@seaworthy/testkit';
import { onTestFinished } from 'vitest';
import { createLogger, type ServiceLogger } from '../../src/index.js';
import {
  type Shipping,
  type ShippingOptions,
  type ShippingTarget,
  shipping,
} from '../../src/shipping/index.js';
import { type Line, memorySink } from './memory-sink.js';

/** Tests do not wait as long as services do. */
const quick: ShippingOptions = { linger: '1ms', maxRetryDelay: '20ms', timeout: '5s', mode: 'sync' };

export interface ShippingLog {
  readonly log: ServiceLogger;
  readonly shipping: Shipping;
  /** What the sink beside it got of the sink's own lines. */
  states(): Line[];
}

/** A logger that ships, with a sink in memory beside it; closed with the test. */
export function shippingLog(
  folder: string,
  target: ShippingTarget,
  options: ShippingOptions = {},
  clock?: FakeClock,
): ShippingLog {
  const sink = shipping(folder, target, { ...quick, ...options });
  const memory = memorySink();
  const log = createLogger({
    service: 'shop',
    environment: 'test',
    process: false,
    sinks: [sink, memory],
    ...(clock === undefined ? {} : { clock }),
  });
  onTestFinished(async () => {
    const closing = log.close();
    if (clock !== undefined) await clock.advance(10_000);
    await closing;
  });
  return { log, shipping: sink, states: () => memory.lines().filter(({ target: of }) => of === target.name) };
}

/** Logs lines with the indexes from `from` up to `to`, `to` excluded. */
export function logLines(log: ServiceLogger, from: number, to: number): void {
  for (let index = from; index < to; index += 1) log.info('line', { index });
}

/** The indexes of the numbered lines among these, in their order. */
export function indexesOf(lines: readonly Line[]): number[] {
  return lines.filter(({ message }) => message === 'line').map(({ index }) => Number(index));
}

export const upTo = (count: number, from = 0): number[] =>
  Array.from({ length: count - from }, (_, index) => from + index);
