import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFakeClock, waitFor } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { shipping } from '../../src/shipping/index.js';
import { memoryTarget } from '../support/memory-target.js';
import { metricsSpy } from '../support/metrics-spy.js';
import { indexesOf, logLines, shippingLog, upTo } from '../support/shipping-log.js';
import { tempFolder } from '../support/temp-folder.js';

test('an outage is one line when it begins and one when it ends, however many tries it took', async () => {
  const target = memoryTarget();
  const { log, shipping, states } = shippingLog(tempFolder(), target, { maxRetryDelay: '2ms' });
  for (let round = 0; round < 2; round += 1) {
    target.down = true;
    const { retries } = shipping.stats();
    logLines(log, 0, 10);
    await waitFor(() => shipping.stats().retries > retries + 5, { what: 'retries' });
    target.down = false;
    await waitFor(() => shipping.stats().waiting === 0, { what: 'all to be delivered' });
  }
  const fails = 'Log shipping fails, lines wait in the spool';
  const works = 'Log shipping works again';
  expect(states().map(({ message }) => message)).toEqual([fails, works, fails, works]);
  expect(states()[0]).toMatchObject({ level: 'warn', target: 'memory', reason: 'ECONNREFUSED' });
  expect(states()[1]).toMatchObject({
    level: 'info',
    outageMs: expect.any(Number),
    retries: expect.any(Number),
  });
});

test('the waits between tries are random and double up to their bound', async () => {
  const clock = createFakeClock();
  const target = memoryTarget();
  target.down = true;
  const options = { linger: 0, maxRetryDelay: '3s', random: () => 0.5 };
  const { log } = shippingLog(tempFolder(), target, options, clock);
  log.info('line');
  await clock.advance(0);
  const triedAt: number[] = [];
  let known = 0;
  for (let ms = 0; ms < 9_000; ms += 5) {
    if (target.deliveries > known) triedAt.push(ms);
    known = target.deliveries;
    await clock.advance(5);
  }
  const waits = triedAt.slice(1).map((at, index) => at - (triedAt[index] ?? 0));
  expect(waits.slice(0, 6)).toEqual([125, 250, 500, 1_000, 1_500, 1_500]);
});

test('lines that come together are sent together, after the time that they may linger', async () => {
  const clock = createFakeClock();
  const target = memoryTarget();
  const { log, shipping } = shippingLog(tempFolder(), target, { linger: '2s', batchLines: 40 }, clock);
  logLines(log, 0, 100);
  await clock.advance(1_999);
  expect(target.deliveries).toBe(0);
  await clock.advance(1);
  await waitFor(() => shipping.stats().waiting === 0, { what: 'all to be delivered' });
  expect(target.deliveries).toBe(3);
  expect(indexesOf(target.lines())).toEqual(upTo(100));
});

test('lag, size of the spool and counts are metrics', async () => {
  const clock = createFakeClock();
  const { metrics, values } = metricsSpy();
  const target = memoryTarget();
  target.down = true;
  const { log, shipping } = shippingLog(
    tempFolder(),
    target,
    { metrics, linger: 0, random: () => 0.5 },
    clock,
  );
  logLines(log, 0, 10);
  await clock.advance(60_000);
  expect(values.get('log.shipping.lag')).toBeGreaterThanOrEqual(55);
  expect(values.get('log.shipping.spool.size')).toBe(shipping.stats().spoolBytes);
  expect(values.get('log.shipping.retries')).toBe(shipping.stats().retries);
  expect(shipping.stats().retries).toBeGreaterThan(3);
  target.down = false;
  await clock.advance(60_000);
  expect(values.get('log.shipping.lag')).toBe(0);
  expect(values.get('log.shipping.sent')).toBe(12);
  expect(values.get('log.shipping.dropped') ?? 0).toBe(0);
});

test('dead letters have a bound in bytes, beyond which they are dropped, and counted', async () => {
  const folder = tempFolder();
  const { metrics, values } = metricsSpy();
  const target = memoryTarget();
  target.deliver = async (records) => records.map(() => ({ refused: '400 no: never' }));
  const { log, shipping } = shippingLog(folder, target, { metrics, maxDeadLetters: '2kb' });
  logLines(log, 0, 20);
  await waitFor(() => shipping.stats().waiting === 0, { what: 'all to be refused' });
  const { deadLetters, dropped, sent } = shipping.stats();
  const kept = readFileSync(join(folder, 'dead-letters.ndjson'), 'utf8');
  expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(2_048);
  expect(kept.trim().split('\n')).toHaveLength(deadLetters);
  expect(deadLetters).toBeGreaterThan(3);
  expect(dropped).toBeGreaterThan(10);
  expect(sent).toBe(0);
  expect(values.get('log.shipping.dead_letters')).toBe(deadLetters);
  expect(values.get('log.shipping.dropped')).toBe(dropped);
});

test('a registry that throws stops nothing', async () => {
  const broken = (): never => {
    throw new Error('no metrics today');
  };
  const metrics = {
    counter: () => ({ add: broken }),
    gauge: () => ({ set: broken }),
    histogram: () => ({ record: broken }),
  };
  const target = memoryTarget();
  const { log, shipping } = shippingLog(tempFolder(), target, { metrics });
  logLines(log, 0, 10);
  await log.flush({ timeout: '1m' });
  expect(shipping.stats()).toMatchObject({ sent: 10, retries: 0 });
});

test('a target may fail with anything: it is tried again', async () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const failures: unknown[] = [
    revoked.proxy,
    undefined,
    'a text',
    { statusCode: 'odd', cause: revoked.proxy },
  ];
  const target = memoryTarget();
  const { deliver } = target;
  target.deliver = async (records, options) => {
    if (failures.length > 0) throw failures.shift();
    return deliver(records, options);
  };
  const { log, shipping } = shippingLog(tempFolder(), target, { maxRetryDelay: '2ms' });
  logLines(log, 0, 10);
  await waitFor(() => shipping.stats().waiting === 0, { what: 'all to be delivered' });
  expect(indexesOf(target.lines())).toEqual(upTo(10));
  expect(shipping.stats()).toMatchObject({ retries: 4, dropped: 0 });
});

test('a target that never answers is given up at the deadline, and when the logger closes', async () => {
  const target = memoryTarget();
  const signals: AbortSignal[] = [];
  target.deliver = (_records, { signal }) => {
    signals.push(signal);
    return new Promise(() => undefined);
  };
  const { log, shipping } = shippingLog(tempFolder(), target, { timeout: '20ms' });
  logLines(log, 0, 10);
  await waitFor(() => shipping.stats().retries >= 2, { what: 'two deadlines' });
  expect(shipping.stats().lastError).toBe('DEADLINE_EXCEEDED');
  await log.close();
  expect(shipping.stats()).toMatchObject({ state: 'closed', dropped: 0 });
  await waitFor(() => signals.every(({ aborted }) => aborted), { what: 'the last delivery to be given up' });
});

test('wrong options are refused', () => {
  const target = memoryTarget();
  expect(() => shipping('', target)).toThrow(/folder/);
  // @ts-expect-error no target
  expect(() => shipping('a', {})).toThrow(/elasticsearch\(client\) or forward\(options\)/);
  expect(() => shipping('a', target, { maxBytes: '1kb' })).toThrow(/at least 1 MB/);
  expect(() => shipping('a', target, { batchLines: 0 })).toThrow(/batchLines/);
  // @ts-expect-error not a policy
  expect(() => shipping('a', target, { onFull: 'wait' })).toThrow(/drop-oldest/);
  // @ts-expect-error not a mode
  expect(() => shipping('a', target, { mode: 'later' })).toThrow(/"turn" or "sync"/);
  // @ts-expect-error a misspelt option
  expect(() => shipping('a', target, { maxByte: '1mb' })).toThrow(/Did you mean "maxBytes"/);
});
