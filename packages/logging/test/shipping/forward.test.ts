import { readFileSync } from 'node:fs';
import { FluentClient, FluentServer, FluentSocketEvent } from '@fluent-org/logger';
import { createAuthority, startFaultProxy, waitFor } from '@seaworthy/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { type ForwardClientSettings, forward } from '../../src/shipping/index.js';
import { type ForwardReceiver, forwardReceiver } from '../support/forward-receiver.js';
import type { Line } from '../support/memory-sink.js';
import { indexesOf, logLines, shippingLog, upTo } from '../support/shipping-log.js';
import { tempFolder } from '../support/temp-folder.js';

const recordsOf = (receiver: ForwardReceiver) => receiver.events.map(({ record }) => record);

/** The indexes without what came again: a duplicate is known by its id. */
function firstOnes(receiver: ForwardReceiver): number[] {
  return indexesOf(
    [
      ...new Map([...recordsOf(receiver)].reverse().map((record) => [record.log_id, record])).values(),
    ].reverse(),
  );
}

const connectTo =
  ({ port, host = '127.0.0.1' }: { readonly port: number; readonly host?: string }) =>
  (settings: ForwardClientSettings) =>
    new FluentClient(null, { ...settings, socket: { ...settings.socket, host, port } });

test('forward delivers each line once, in order, with its tag, time and id', async () => {
  const receiver = await forwardReceiver();
  const { log, shipping } = shippingLog(
    tempFolder(),
    forward({ tag: 'app.logs', connect: connectTo(receiver) }),
  );
  const before = Date.now();
  logLines(log, 0, 2_500);
  await log.flush({ timeout: '1m' });
  expect(indexesOf(recordsOf(receiver))).toEqual(upTo(2_500));
  expect(new Set(recordsOf(receiver).map(({ log_id: id }) => id)).size).toBe(2_500);
  expect(new Set(receiver.events.map(({ tag }) => tag))).toEqual(new Set(['app.logs']));
  expect(recordsOf(receiver)[7]).toMatchObject({ level: 'info', service: 'shop', message: 'line', index: 7 });
  const times = receiver.events.map(({ time }) => time * 1_000);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(before - 1);
  expect(Math.max(...times)).toBeLessThanOrEqual(Date.now() + 1);
  expect(receiver.connections).toBe(1);
  expect(shipping.stats()).toMatchObject({ sent: 2_500, dropped: 0, waiting: 0, retries: 0 });
});

test('forward over TLS trusts the authority that it was given, and no other', async () => {
  await using authority = await createAuthority();
  const { certPath, keyPath } = await authority.issue('fluentd', 'DNS:localhost');
  const tls = { cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8') };
  const receiver = await forwardReceiver({ tls });
  const connect = (options: object) => (settings: ForwardClientSettings) =>
    new FluentClient(null, {
      ...settings,
      socket: { ...settings.socket, host: 'localhost', port: receiver.port, tls: { ...options } },
    });
  const trusting = shippingLog(tempFolder(), forward({ tag: 'a', connect: connect({ ca: authority.ca }) }));
  logLines(trusting.log, 0, 10);
  await trusting.log.flush({ timeout: '1m' });
  expect(indexesOf(recordsOf(receiver))).toEqual(upTo(10));
  const strict = shippingLog(tempFolder(), forward({ tag: 'a', connect: connect({}) }));
  logLines(strict.log, 10, 20);
  await waitFor(() => strict.shipping.stats().retries >= 2, { what: 'two refused handshakes' });
  expect(strict.shipping.stats()).toMatchObject({
    sent: 0,
    lastError: expect.stringMatching(/CERT|SIGNATURE/),
  });
  expect(receiver.events).toHaveLength(10);
});

test('forward is understood by a receiver that is not ours, which asks for a shared key and a password', async () => {
  const security = {
    serverHostname: 'fluentd',
    sharedKey: 'a shared key',
    authorize: true,
    userDict: { shop: 'a password' },
  };
  const server = new FluentServer({ security, listenOptions: { port: 0, host: '127.0.0.1' } });
  const events: Array<{ readonly tag: string; readonly record: Line }> = [];
  server.on('entry', (tag: string, _time: unknown, record: Line) => void events.push({ tag, record }));
  await server.listen();
  onTestFinished(() => server.close());
  const connect = (sharedKey: string) => (settings: ForwardClientSettings) =>
    new FluentClient(null, {
      ...settings,
      security: { clientHostname: 'shop', sharedKey, username: 'shop', password: 'a password' },
      socket: { ...settings.socket, host: '127.0.0.1', port: server.port ?? 0 },
    });
  const known = shippingLog(tempFolder(), forward({ tag: 'app.logs', connect: connect('a shared key') }));
  logLines(known.log, 0, 2_500);
  await waitFor(() => known.shipping.stats().waiting === 0, { what: 'all to be acknowledged' });
  expect(indexesOf(events.map(({ record }) => record))).toEqual(upTo(2_500));
  expect(new Set(events.map(({ tag }) => tag))).toEqual(new Set(['app.logs']));
  expect(new Set(events.map(({ record }) => record.log_id)).size).toBe(2_500);
  const stranger = shippingLog(tempFolder(), forward({ tag: 'app.logs', connect: connect('another key') }));
  logLines(stranger.log, 0, 10);
  await waitFor(() => stranger.shipping.stats().retries >= 2, { what: 'two refusals' });
  expect(stranger.shipping.stats()).toMatchObject({ sent: 0, dropped: 0 });
  expect(events).toHaveLength(2_500);
});

test.each(['silence', 'reset before the ack'] as const)(
  'forward takes %s for no delivery: all are sent again under the same ids, in order',
  async (mode) => {
    const receiver = await forwardReceiver();
    receiver.mode = mode;
    const target = forward({ tag: 'a', connect: connectTo(receiver) });
    const { log, shipping } = shippingLog(tempFolder(), target, { timeout: '500ms' });
    logLines(log, 0, 100);
    await waitFor(() => shipping.stats().retries >= 2, { what: 'two failures' });
    expect(shipping.stats().sent).toBe(0);
    receiver.mode = 'ack';
    await waitFor(() => shipping.stats().waiting === 0, { what: 'all to be delivered' });
    logLines(log, 100, 150);
    // A flush would be content with a delivery that failed, as one may within half a second of a slow machine.
    await waitFor(() => firstOnes(receiver).length === 150, { what: 'the others to be delivered' });
    expect(firstOnes(receiver)).toEqual(upTo(150));
    const duplicates = receiver.events.length - new Set(recordsOf(receiver).map(({ log_id: id }) => id)).size;
    expect(duplicates).toBeGreaterThanOrEqual(100);
    expect(shipping.stats().dropped).toBe(0);
  },
);

test('[row 89] forward outlives a receiver that is down, one that hangs, and a connection that is cut in the middle of a chunk', async () => {
  const receiver = await forwardReceiver();
  await using proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: receiver.port } });
  const target = forward({ tag: 'a', connect: connectTo(proxy) });
  const { log, shipping } = shippingLog(tempFolder(), target, { timeout: '500ms' });
  const delivered = (count: number) =>
    waitFor(() => shipping.stats().waiting === 0 && firstOnes(receiver).length === count, {
      what: `${count} lines`,
    });
  logLines(log, 0, 10);
  await delivered(10);
  for (const [round, fault] of [
    () => proxy.refuse().then(() => proxy.reset()),
    async () => proxy.blackhole(),
    async () => proxy.cutAfter(3_000, { direction: 'toTarget' }),
  ].entries()) {
    const retries = shipping.stats().retries;
    await fault();
    logLines(log, 10 + round * 100, 110 + round * 100);
    await waitFor(() => shipping.stats().retries >= retries + 2, { what: 'two failures' });
    await proxy.clear();
    await delivered(110 + round * 100);
  }
  expect(firstOnes(receiver)).toEqual(upTo(310));
  expect(shipping.stats()).toMatchObject({ dropped: 0, deadLetters: 0 });
});

test('forward sends each line once, and warns of nothing, when the connection ended in a pause', async () => {
  const receiver = await forwardReceiver();
  let open = 0;
  const connect = (settings: ForwardClientSettings) => {
    const socket = { ...settings.socket, timeout: 1_000 }; // what is idle for as long is ended
    const client = connectTo(receiver)({ ...settings, socket });
    client.socketOn(FluentSocketEvent.CONNECTED, () => {
      open += 1;
    });
    client.socketOn(FluentSocketEvent.CLOSE, () => {
      open -= 1;
    });
    return client;
  };
  const { log, shipping, states } = shippingLog(tempFolder(), forward({ tag: 'a', connect }));
  for (let pause = 0; pause < 3; pause += 1) {
    logLines(log, pause, pause + 1);
    await waitFor(() => shipping.stats().sent > pause, { what: 'the line to be delivered' });
    if (pause === 1) receiver.disconnect(); // as one that restarts
    await waitFor(() => open === 0, { what: 'the connection to end' });
  }
  expect(indexesOf(recordsOf(receiver))).toEqual(upTo(3));
  expect(receiver.connections).toBe(3);
  expect(shipping.stats()).toMatchObject({ sent: 3, retries: 0, dropped: 0 });
  expect(states()).toEqual([]);
});

test('forward leaves no connection behind to a receiver that neither reads nor closes', async () => {
  const receiver = await forwardReceiver();
  await using proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: receiver.port } });
  proxy.blackhole();
  let open = 0;
  const connect = (settings: ForwardClientSettings) => {
    const client = connectTo(proxy)(settings);
    client.socketOn(FluentSocketEvent.CONNECTED, () => {
      open += 1;
    });
    client.socketOn(FluentSocketEvent.CLOSE, () => {
      open -= 1;
    });
    return client;
  };
  const { log, shipping } = shippingLog(tempFolder(), forward({ tag: 'a', connect }), { timeout: '50ms' });
  logLines(log, 0, 10);
  await waitFor(() => shipping.stats().retries >= 5, { what: 'five deadlines' });
  expect(open).toBeLessThanOrEqual(2);
  await log.close();
  await waitFor(() => open === 0, { what: 'the last connection to end' });
  expect(proxy.accepted).toBeGreaterThanOrEqual(5);
});

test('a client that does not wait for acknowledgements is refused, and nothing is sent', async () => {
  const receiver = await forwardReceiver();
  const connect = () => new FluentClient(null, { socket: { host: '127.0.0.1', port: receiver.port } });
  const { log, shipping } = shippingLog(tempFolder(), forward({ tag: 'a', connect }));
  logLines(log, 0, 1);
  await waitFor(() => shipping.stats().retries >= 1, { what: 'the refusal' });
  expect(shipping.stats()).toMatchObject({ sent: 0, lastError: 'INVALID_OPTION' });
  expect(receiver.events).toEqual([]);
});

test('wrong options of forward are refused', () => {
  const connect = connectTo({ port: 1 });
  expect(() => forward({ tag: '', connect })).toThrow(/tag/);
  // @ts-expect-error no function
  expect(() => forward({ tag: 'a' })).toThrow(/connect/);
  // @ts-expect-error a misspelt option
  expect(() => forward({ tags: 'a', connect })).toThrow(/Did you mean "tag"/);
});
