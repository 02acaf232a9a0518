import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@elastic/elasticsearch';
import { waitFor } from '@seaworthy/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../src/index.js';
import { type ElasticsearchClient, elasticsearch, shipping } from '../../src/shipping/index.js';
import { type BulkReceiver, bulkReceiver, type ItemError } from '../support/bulk-receiver.js';
import { indexesOf, logLines, shippingLog, upTo } from '../support/shipping-log.js';
import { parseLines, tempFolder } from '../support/temp-folder.js';

const documents = (receiver: BulkReceiver) => receiver.stored.map(({ document }) => document);

function connect(receiver: BulkReceiver): ElasticsearchClient {
  const client = new Client({ node: receiver.url });
  onTestFinished(() => client.close());
  return client;
}

const letterIn = (folder: string) => parseLines(readFileSync(join(folder, 'dead-letters.ndjson'), 'utf8'));

const tooLong: ItemError = {
  status: 400,
  type: 'illegal_argument_exception',
  reason: 'Document contains at least one immense term in field="index"',
};

test.each<[string, Partial<ItemError>]>([
  ['index_closed_exception', { reason: 'closed' }],
  ['validation_exception', { reason: 'this cluster currently has [1000]/[1000] maximum normal shards open' }],
  ['illegal_argument_exception', { reason: 'no write index is defined for alias [a]' }],
  ['invalid_index_name_exception', {}],
  ['security_exception', { status: 403 }],
  ['index_not_found_exception', { status: 404 }],
])(
  'a cluster that refuses every document with %s is waited for, and no line is set aside',
  async (type, error) => {
    const receiver = await bulkReceiver();
    receiver.item = () => ({ status: 400, type, reason: 'no', ...error });
    const target = elasticsearch(connect(receiver), { index: 'a' });
    const { log, shipping, states } = shippingLog(tempFolder(), target);
    logLines(log, 0, 20);
    await waitFor(() => shipping.stats().retries >= 5, { what: 'five tries' });
    expect(shipping.stats()).toMatchObject({ sent: 0, deadLetters: 0, dropped: 0, state: 'failing' });
    const reason = `${error.status ?? 400} ${type}`;
    expect(shipping.stats().lastError).toBe(reason);
    expect(states()).toMatchObject([{ level: 'warn', reason }]);
    receiver.item = () => undefined;
    await waitFor(() => shipping.stats().waiting === 0, { what: 'all to be delivered' });
    expect(indexesOf(documents(receiver))).toEqual(upTo(20));
    expect(shipping.stats()).toMatchObject({ deadLetters: 0, dropped: 0, duplicates: 0 });
  },
);

test('a cluster that recovers while it is asked whether it takes documents loses none of those that it refused', async () => {
  const receiver = await bulkReceiver();
  let recovered = false;
  receiver.item = ({ index }) => {
    recovered ||= index === undefined; // the question
    return recovered ? undefined : { status: 400, type: 'illegal_argument_exception', reason: 'no alias' };
  };
  const { log, shipping } = shippingLog(tempFolder(), elasticsearch(connect(receiver), { index: 'a' }));
  logLines(log, 0, 20);
  await waitFor(() => shipping.stats().waiting === 0, { what: 'all to be delivered' });
  expect(indexesOf(documents(receiver))).toEqual(upTo(20));
  expect(shipping.stats()).toMatchObject({ deadLetters: 0, dropped: 0 });
});

test('an index that is closed while a batch is stored keeps the rest of it waiting', async () => {
  const receiver = await bulkReceiver();
  let closed = false;
  receiver.item = ({ index }) => {
    closed ||= index === 5;
    return closed ? { status: 400, type: 'index_closed_exception', reason: 'closed' } : undefined;
  };
  const target = elasticsearch(connect(receiver), { index: 'a' });
  const { log, shipping } = shippingLog(tempFolder(), target, { linger: '50ms' });
  logLines(log, 0, 20);
  await waitFor(() => shipping.stats().retries >= 5, { what: 'five tries' });
  expect(shipping.stats()).toMatchObject({ sent: 5, deadLetters: 0, dropped: 0 });
  receiver.item = () => undefined;
  await waitFor(() => shipping.stats().waiting === 0, { what: 'all to be delivered' });
  expect(indexesOf(documents(receiver))).toEqual(upTo(20));
});

test.each([1, 1_000])(
  'a document that is refused for a reason in doubt, in batches of %d, is set aside while the index takes others',
  async (batchLines) => {
    const receiver = await bulkReceiver();
    receiver.item = ({ index }) => (index === 3 ? tooLong : undefined);
    const folder = tempFolder();
    const target = elasticsearch(connect(receiver), { index: 'a' });
    const { log, shipping } = shippingLog(folder, target, { batchLines });
    logLines(log, 3, 10); // the first is refused: nothing was taken before it
    await waitFor(() => shipping.stats().waiting === 0, { what: 'the others to be delivered' });
    expect(indexesOf(documents(receiver))).toEqual(upTo(10, 4));
    expect(shipping.stats()).toMatchObject({ deadLetters: 1, dropped: 0, retries: 0 });
    expect(letterIn(folder)).toMatchObject([{ reason: `400 ${tooLong.type}: ${tooLong.reason}` }]);
  },
);

test('a document for which all of the request is refused is found, and set aside', async () => {
  const receiver = await bulkReceiver();
  const real = connect(receiver);
  let requests = 0;
  const client: ElasticsearchClient = {
    bulk(request, options) {
      requests += 1;
      receiver.mode = request.operations.some((line) => /"index":7\b/.test(String(line))) ? 400 : 'answer';
      return real.bulk(request, options);
    },
  };
  const folder = tempFolder();
  const { log, shipping } = shippingLog(folder, elasticsearch(client, { index: 'a' }), { linger: '50ms' });
  logLines(log, 0, 100);
  await waitFor(() => shipping.stats().waiting === 0, { what: 'the others to be delivered' });
  expect(indexesOf(documents(receiver))).toEqual([...upTo(7), ...upTo(100, 8)]);
  expect(shipping.stats()).toMatchObject({ deadLetters: 1, retries: 0 });
  expect(letterIn(folder)).toMatchObject([{ reason: '400' }]);
  expect(requests).toBeLessThan(40);
});

test('of a batch that is sent in halves, what was stored is not sent again for what has to wait', async () => {
  const receiver = await bulkReceiver();
  const real = connect(receiver);
  const client: ElasticsearchClient = {
    bulk(request, options) {
      receiver.mode = request.operations.length > 100 ? 413 : 'answer';
      return real.bulk(request, options);
    },
  };
  let refusals = 3;
  receiver.item = ({ index }) => {
    if (Number(index) < 50 || refusals === 0) return undefined;
    if (index === 99) refusals -= 1;
    return { status: 429, type: 'es_rejected_execution_exception', reason: 'queue is full' };
  };
  const target = elasticsearch(client, { index: 'a' });
  const { log, shipping } = shippingLog(tempFolder(), target, { linger: '50ms' });
  logLines(log, 0, 100);
  await waitFor(() => shipping.stats().waiting === 0, { what: 'all to be delivered' });
  expect(indexesOf(documents(receiver))).toEqual(upTo(100));
  expect(shipping.stats()).toMatchObject({ duplicates: 0, deadLetters: 0 });
});

test('a data stream takes each line once, in every schema, with a time of its own or the one at which it was logged', async () => {
  const receiver = await bulkReceiver();
  receiver.isDataStream = true;
  for (const schema of ['winston', 'otel', 'ecs'] as const) {
    const target = elasticsearch(connect(receiver), { index: 'logs-shop-default' });
    const sink = shipping(tempFolder(), target, { linger: '1ms', mode: 'sync' });
    const log = createLogger({ service: 's', environment: 'e', process: false, schema, sinks: [sink] });
    onTestFinished(() => log.close());
    const before = Date.now();
    log.info('own', { '@timestamp': '2026-01-02T03:04:05.678Z' });
    log.info('nested', { other: { '@timestamp': 1 }, text: '{"@timestamp":1}' });
    for (let index = 0; index < 10; index += 1) log.info('line', { index });
    await waitFor(() => sink.stats().waiting === 0, { what: 'all to be delivered' });
    expect(sink.stats()).toMatchObject({ sent: 12, deadLetters: 0, retries: 0 });
    const [own, ...others] = documents(receiver).slice(-12);
    // The other schemas keep the name for themselves, or data below another.
    if (schema === 'winston') expect(own).toMatchObject({ '@timestamp': '2026-01-02T03:04:05.678Z' });
    for (const document of others) {
      const time = Date.parse(String(document['@timestamp']));
      expect(time).toBeGreaterThanOrEqual(before);
      expect(time).toBeLessThanOrEqual(Date.now());
    }
  }
  expect(receiver.body).not.toMatch(/^\{"@timestamp":[^{]*"@timestamp":/m); // a name that stands twice is a fault
});

test('an index that is no data stream gets the documents as they are', async () => {
  const receiver = await bulkReceiver();
  const { log } = shippingLog(tempFolder(), elasticsearch(connect(receiver), { index: 'a' }));
  logLines(log, 0, 3);
  await log.flush({ timeout: '1m' });
  expect(receiver.body).not.toContain('@timestamp');
});
