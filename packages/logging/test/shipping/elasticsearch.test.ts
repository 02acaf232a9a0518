import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client as Client9 } from '@elastic/elasticsearch';
import { startFaultProxy, waitFor } from '@seaworthy/testkit';
import { Client as Client8 } from 'elasticsearch8';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ElasticsearchClient, elasticsearch } from '../../src/shipping/index.js';
import { type BulkReceiver, bulkReceiver } from '../support/bulk-receiver.js';
import { indexesOf, logLines, shippingLog, upTo } from '../support/shipping-log.js';
import { parseLines, tempFolder } from '../support/temp-folder.js';

const documents = (receiver: BulkReceiver) => receiver.stored.map(({ document }) => document);

function connect(Client: typeof Client9 | typeof Client8, node: string): ElasticsearchClient {
  const client = new Client({ node });
  onTestFinished(() => client.close());
  return client;
}

describe.each([
  ['8', Client8],
  ['9', Client9],
] as const)('elasticsearch with version %s of its client', (_version, Client) => {
  test('stores each line once and in order, as the document that it is, under an id of its own', async () => {
    const receiver = await bulkReceiver();
    const { log, shipping } = shippingLog(
      tempFolder(),
      elasticsearch(connect(Client, receiver.url), { index: 'kpi-logs' }),
    );
    logLines(log, 0, 2_500);
    await log.flush({ timeout: '1m' });
    expect(indexesOf(documents(receiver))).toEqual(upTo(2_500));
    expect(new Set(receiver.stored.map(({ id }) => id)).size).toBe(2_500);
    expect(new Set(receiver.stored.map(({ index }) => index))).toEqual(new Set(['kpi-logs']));
    expect(documents(receiver)[7]).toMatchObject({
      level: 'info',
      service: 'shop',
      message: 'line',
      index: 7,
    });
    expect(receiver.requests).toBeLessThan(50);
    expect(shipping.stats()).toMatchObject({
      sent: 2_500,
      duplicates: 0,
      dropped: 0,
      waiting: 0,
      retries: 0,
    });
  });

  test('a connection that is reset before the answer: all are sent again, none is stored twice, duplicates are counted', async () => {
    const receiver = await bulkReceiver();
    receiver.mode = 'reset after storing';
    const { log, shipping } = shippingLog(
      tempFolder(),
      elasticsearch(connect(Client, receiver.url), { index: 'a' }),
    );
    logLines(log, 0, 300);
    await waitFor(() => receiver.requests >= 3, { what: 'three requests' });
    receiver.mode = 'answer';
    await waitFor(() => shipping.stats().waiting === 0, { what: 'the lines to be confirmed' });
    expect(indexesOf(documents(receiver))).toEqual(upTo(300));
    expect(shipping.stats().duplicates).toBeGreaterThan(0);
    expect(shipping.stats().dropped).toBe(0);
  });

  test.each([429, 503, 401, 400])('an answer of %s to the whole request is waited out', async (status) => {
    const receiver = await bulkReceiver();
    receiver.mode = status;
    const { log, shipping } = shippingLog(
      tempFolder(),
      elasticsearch(connect(Client, receiver.url), { index: 'a' }),
    );
    logLines(log, 0, 50);
    await waitFor(() => receiver.requests >= 3, { what: 'three tries' });
    expect(shipping.stats()).toMatchObject({ state: 'failing', lastError: String(status), sent: 0 });
    receiver.mode = 'answer';
    await waitFor(() => shipping.stats().waiting === 0, { what: 'the lines to be confirmed' });
    expect(indexesOf(documents(receiver))).toEqual(upTo(50));
    expect(shipping.stats()).toMatchObject({ dropped: 0, duplicates: 0, lastError: undefined });
  });

  test('what is refused for now is sent again, alone and before anything newer', async () => {
    const receiver = await bulkReceiver();
    let refusals = 3;
    receiver.item = ({ index }) => {
      if (index !== 7 || refusals === 0) return undefined;
      refusals -= 1;
      return { status: 429, type: 'es_rejected_execution_exception', reason: 'queue is full' };
    };
    const { log, shipping } = shippingLog(
      tempFolder(),
      elasticsearch(connect(Client, receiver.url), { index: 'a' }),
      {
        linger: '100ms',
      },
    );
    logLines(log, 0, 20);
    await waitFor(() => receiver.operations > 20, { what: 'the second try' });
    logLines(log, 20, 30);
    await waitFor(() => shipping.stats().waiting === 0, { what: 'all to be delivered' });
    const numbered = indexesOf(documents(receiver));
    expect(numbered).toEqual([...upTo(7), ...upTo(20, 8), 7, ...upTo(30, 20)]);
    expect(shipping.stats()).toMatchObject({ duplicates: 0, dropped: 0, retries: 3 });
    expect(receiver.operations).toBe(receiver.stored.length + 3);
  });

  test('a document that is refused for good goes to the dead letters and holds nobody up', async () => {
    const receiver = await bulkReceiver();
    const error = {
      status: 400,
      type: 'document_parsing_exception',
      reason: 'failed to parse field [index]',
    };
    receiver.item = ({ index }) => (index === 3 || index === 4 ? error : undefined);
    const folder = tempFolder();
    const { log, shipping, states } = shippingLog(
      folder,
      elasticsearch(connect(Client, receiver.url), { index: 'a' }),
    );
    logLines(log, 0, 10);
    await waitFor(() => shipping.stats().waiting === 0 && shipping.stats().deadLetters === 2, {
      what: 'an end',
    });
    expect(indexesOf(documents(receiver))).toEqual([0, 1, 2, 5, 6, 7, 8, 9]);
    const letters = parseLines(readFileSync(join(folder, 'dead-letters.ndjson'), 'utf8'));
    expect(letters.map(({ line }) => JSON.parse(String(line)).index)).toEqual([3, 4]);
    expect(letters[0]).toMatchObject({
      reason: `400 ${error.type}: ${error.reason}`,
      id: expect.any(String),
    });
    expect(shipping.stats()).toMatchObject({ dropped: 0, retries: 0, state: 'shipping' });
    expect(states().map(({ message }) => message)).toEqual(['Log lines were refused and set aside']);
  });

  test('a batch that is too large is sent in halves', async () => {
    const receiver = await bulkReceiver();
    const tooLarge = connect(Client, receiver.url);
    const client: ElasticsearchClient = {
      bulk(request, options) {
        receiver.mode = request.operations.length > 20 ? 413 : 'answer';
        return tooLarge.bulk(request, options);
      },
    };
    const { log, shipping } = shippingLog(tempFolder(), elasticsearch(client, { index: 'a' }), {
      linger: '50ms',
    });
    logLines(log, 0, 100);
    await log.flush({ timeout: '1m' });
    expect(indexesOf(documents(receiver))).toEqual(upTo(100));
    expect(shipping.stats()).toMatchObject({ sent: 100, retries: 0, deadLetters: 0 });
  });

  test('[row 89] a receiver that is down, hangs, is cut off or slow: nothing is lost, the order is kept, duplicates are counted', async () => {
    const receiver = await bulkReceiver();
    await using proxy = await startFaultProxy({ target: receiver });
    const client = connect(Client, proxy.url(receiver.url));
    const target = elasticsearch(client, { index: 'a' });
    const { log, shipping } = shippingLog(tempFolder(), target, { timeout: '300ms', batchLines: 100 });
    let logged = 0;
    for (const fault of [
      () => proxy.refuse().then(() => proxy.reset()),
      async () => proxy.blackhole(),
      async () => proxy.cutAfter(5_000, { direction: 'toTarget' }),
      async () => proxy.cutAfter(50, { direction: 'toClient' }),
      async () => proxy.drip(20_000, { direction: 'toTarget' }),
    ]) {
      const retries = shipping.stats().retries;
      await fault();
      logLines(log, logged, logged + 300);
      logged += 300;
      await waitFor(() => shipping.stats().retries >= retries + 2, { what: 'two failures' });
      proxy.reset();
      await proxy.clear();
      await waitFor(() => shipping.stats().waiting === 0, { what: 'all to be delivered' });
    }
    expect(indexesOf(documents(receiver))).toEqual(upTo(logged));
    expect(shipping.stats()).toMatchObject({ dropped: 0, deadLetters: 0, sent: receiver.stored.length });
    // Those whose answer was lost again count once.
    expect(shipping.stats().duplicates).toBeGreaterThan(0);
    expect(shipping.stats().duplicates).toBeLessThanOrEqual(receiver.conflicts);
  });

  test('a receiver that answers too late is given up at the deadline', async () => {
    const receiver = await bulkReceiver();
    await using proxy = await startFaultProxy({ target: receiver });
    proxy.blackhole({ direction: 'toClient' });
    const client = connect(Client, proxy.url(receiver.url));
    const { log, shipping } = shippingLog(tempFolder(), elasticsearch(client, { index: 'a' }), {
      timeout: '500ms',
    });
    logLines(log, 0, 10);
    await waitFor(() => shipping.stats().retries >= 2, { what: 'two deadlines' });
    expect(shipping.stats().state).toBe('failing');
    proxy.reset();
    await proxy.clear();
    await waitFor(() => shipping.stats().waiting === 0, { what: 'all to be delivered' });
    expect(indexesOf(documents(receiver))).toEqual(upTo(10));
    expect(shipping.stats().duplicates).toBeGreaterThan(0);
  });
});

test('a wrong client, index or option is refused', () => {
  // @ts-expect-error no client
  expect(() => elasticsearch({}, { index: 'a' })).toThrow(/a Client of @elastic\/elasticsearch/);
  const client: ElasticsearchClient = { bulk: async () => undefined };
  expect(() => elasticsearch(client, { index: '' })).toThrow(/index/);
  // @ts-expect-error a misspelt option
  expect(() => elasticsearch(client, { indx: 'a' })).toThrow(/Did you mean "index"/);
});
