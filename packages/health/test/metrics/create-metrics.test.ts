import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import prometheusClient from '@prometheus-io/client';
import fc from 'fast-check';
import promClient from 'prom-client';
import { describe, expect, test, vi } from 'vitest';
import { createHealth, createMetrics, type RegistryLike } from '../../src/index.js';
import { quantile } from '../../src/metrics/quantile.js';
import { labelsKey } from '../../src/metrics/series-labels.js';

const spec = (name: string, unit = '1') => ({ name, description: `About ${name}.`, unit });

/** Lets everything happen that waits for nothing else. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('writes the text format with OpenTelemetry names and Prometheus units', async () => {
  const metrics = createMetrics({ process: false });
  metrics.counter(spec('jobs.done', '{job}')).add(2, { queue: 'mail' });
  metrics.gauge(spec('pool.usage')).set(0.5);
  metrics.gauge(spec('queue.limit', 'By')).set(Number.POSITIVE_INFINITY);
  const waits = metrics.histogram({ ...spec('db.wait', 's'), buckets: [0.1, 1] });
  for (const seconds of [0.05, 0.1, 0.5, 7]) waits.record(seconds, { 'db.pool': 'a"b\\c\nd' });
  const { contentType, body } = await metrics.scrape();
  expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  const own = body.slice(body.indexOf('# HELP jobs_done'));
  expect(own).toBe(`# HELP jobs_done_total About jobs.done.
# TYPE jobs_done_total counter
jobs_done_total{queue="mail"} 2
# HELP pool_usage_ratio About pool.usage.
# TYPE pool_usage_ratio gauge
pool_usage_ratio 0.5
# HELP queue_limit_bytes About queue.limit.
# TYPE queue_limit_bytes gauge
queue_limit_bytes +Inf
# HELP db_wait_seconds About db.wait.
# TYPE db_wait_seconds histogram
db_wait_seconds_bucket{db_pool="a\\"b\\\\c\\nd",le="0.1"} 2
db_wait_seconds_bucket{db_pool="a\\"b\\\\c\\nd",le="1"} 3
db_wait_seconds_bucket{db_pool="a\\"b\\\\c\\nd",le="+Inf"} 4
db_wait_seconds_sum{db_pool="a\\"b\\\\c\\nd"} 7.65
db_wait_seconds_count{db_pool="a\\"b\\\\c\\nd"} 4
`);
  await metrics.close();
});

test('the same name is the same metric, and of another type it is refused', () => {
  const metrics = createMetrics({ process: false });
  metrics.counter(spec('a.total', '{x}')).add(1);
  metrics.counter(spec('a.total', '{x}')).add(1);
  expect(() => metrics.histogram({ ...spec('pool.usage_ratio'), buckets: [1] })).not.toThrow();
  expect(() => metrics.gauge(spec('pool.usage'))).toThrow(/another type/);
  expect(() => createMetrics({ maxSeries: 0 })).toThrow(/maxSeries/);
});

test('what is no number is not counted: it would stay in a sum for ever', async () => {
  await using metrics = createMetrics({ process: false });
  const sizes = metrics.histogram({ ...spec('size', 'By'), buckets: [10] });
  const jobs = metrics.counter(spec('jobs', '{job}'));
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5]) {
    sizes.record(value);
    jobs.add(value);
  }
  const { body } = await metrics.scrape();
  expect(body).toContain('size_bytes_bucket{le="+Inf"} 1\nsize_bytes_sum 5\nsize_bytes_count 1\n');
  expect(body).toContain('jobs_total 5\n');
});

test('no two sets of labels share a series, whatever is in their values', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.constantFrom('1,b:2', '1', '', '1:b', '0:'),
  );
  const labels = fc.dictionary(fc.constantFrom('a', 'b', 'ab', '1'), text);
  fc.assert(
    fc.property(labels, labels, (one, other) => {
      const same =
        JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
      expect(labelsKey(one) === labelsKey(other)).toBe(same);
    }),
    { numRuns: 2_000 },
  );
  expect(labelsKey({ a: '1', b: '2' })).toBe(labelsKey({ b: '2', a: '1' }));
});

test('beyond the cap everything is counted into one series a metric, and nothing is lost', async () => {
  const metrics = createMetrics({ process: false, maxSeries: 50 });
  const counted = metrics.counter(spec('hits', '{hit}'));
  for (let user = 0; user < 10_000; user += 1) counted.add(1, { user: String(user) });
  for (let path = 0; path < 10_000; path += 1) {
    metrics.http.begin();
    metrics.http.end('GET', `/${path}`, 200, 0.001);
  }
  const { body } = await metrics.scrape();
  const hits = [...body.matchAll(/^hits_total\{(.*)\} (\d+)$/gm)];
  expect(hits.length).toBeLessThanOrEqual(51);
  expect(hits.reduce((sum, [, , count]) => sum + Number(count), 0)).toBe(10_000);
  expect(hits.at(-1)?.[1]).toBe('otel_metric_overflow="true"');
  expect(body.match(/^http_server_request_duration_seconds_count/gm)).toHaveLength(1);
  expect(body).toContain('http_server_request_duration_seconds_count{otel_metric_overflow="true"} 10000');
  await metrics.close();
});

describe.each([
  ['prom-client 15', promClient],
  ['@prometheus-io/client 0.16', prometheusClient as unknown as typeof promClient], // the same API, with types of its own
])('with %s', (_name, client) => {
  test('is in the registry of the user, whose metrics are in our scrape, each once', async () => {
    const registry = new client.Registry();
    const own = new client.Counter({ name: 'orders_total', help: 'Orders.', registers: [registry] });
    own.inc(3);
    const metrics = createMetrics({ registry, process: false });
    metrics.counter(spec('jobs.done', '{job}')).add(2, { queue: 'mail' });
    metrics.http.begin();
    metrics.http.end('GET', '/', 200, 0.2);
    const names = (text: string): string[] =>
      [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name).sort();
    const lines = (text: string): string[] =>
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) =>
          line.replace(/\{(.*)\}/, (_all, labels: string) => `{${labels.split(',').sort().join()}}`),
        )
        .sort();
    const theirs = await registry.metrics();
    const ours = (await metrics.scrape()).body;
    expect(names(ours)).toEqual([
      'http_server_active_requests',
      'http_server_request_duration_seconds',
      'jobs_done_total',
      'orders_total',
    ]);
    expect(names(theirs)).toEqual(names(ours));
    expect(lines(ours)).toEqual(lines(theirs));

    registry.setDefaultLabels({ instance: 'a' });
    expect((await metrics.scrape()).body).toContain('jobs_done_total{queue="mail",instance="a"} 2');
    await metrics.close();
    expect(await registry.metrics()).not.toContain('jobs_done');
  });

  test('adds up over the processes of a cluster, as AggregatorRegistry does it', async () => {
    const workers = [1, 2].map((requests) => {
      const registry = new client.Registry();
      const metrics = createMetrics({ registry, process: false });
      metrics.observe('gauge', { ...spec('up'), aggregate: 'min' }, () => [[{}, 1]]);
      for (let sent = 0; sent < requests; sent += 1) {
        metrics.http.begin();
        metrics.http.end('GET', '/orders/:id', 200, 0.02);
      }
      return registry;
    });
    // What crosses from worker to primary is JSON.
    const json: unknown = JSON.parse(
      JSON.stringify(await Promise.all(workers.map((registry) => registry.getMetricsAsJSON()))),
    );
    const all = await client.AggregatorRegistry.aggregate(json as never).metrics();
    expect(all).toMatch(/http_server_request_duration_seconds_bucket\{.*le="0.025".*\} 3/);
    expect(all, 'what does not add up').toContain('up_ratio 1\n');
    expect(all).toMatch(/http_server_request_duration_seconds_count\{.*\} 3/);
  });

  test('tells the fullest heap of a cluster beside the limit of one: a sum would hide the worker that is about to end', async () => {
    const registry = new client.Registry();
    await using metrics = createMetrics({ registry });
    const json: unknown = JSON.parse(JSON.stringify(await registry.getMetricsAsJSON()));
    const heaps = (json as { name: string; values: { value: number }[] }[]).filter(({ name }) =>
      name.startsWith('v8js_memory_heap'),
    );
    const fuller = heaps.map((heap) => ({
      ...heap,
      values: heap.values.map(({ value }) => ({
        labels: {},
        value: heap.name.includes('used') ? value * 2 : value,
      })),
    }));
    const all = await client.AggregatorRegistry.aggregate([heaps, fuller] as never).metrics();
    for (const { name, values } of fuller) expect(all).toContain(`${name} ${values[0]?.value}\n`);
    expect(heaps).toHaveLength(2);
    void metrics;
  });

  test('in OpenMetrics format, which ends in a line of its own and names counters otherwise', async () => {
    const registry = new client.Registry<promClient.OpenMetricsContentType>();
    registry.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE);
    const metrics = createMetrics({ registry, process: false });
    metrics.counter(spec('jobs.done', '{job}')).add(2, { queue: 'mail' });
    const { contentType, body } = await metrics.scrape();
    expect(contentType).toBe(client.Registry.OPENMETRICS_CONTENT_TYPE);
    expect(body).toContain('# TYPE jobs_done counter\njobs_done_total{queue="mail"} 2\n');
    expect(body.endsWith('# EOF\n')).toBe(true);
    await metrics.close();
  });
});

test('renders once for all who ask at the same time, and again for who comes later', async () => {
  let renders = 0;
  const registry: RegistryLike = {
    contentType: 'text/plain; version=0.0.4',
    metrics: async () => '',
    registerMetric: () => undefined,
    removeSingleMetric: () => undefined,
    getMetricsAsArray() {
      renders += 1;
      return [];
    },
    getSingleMetricAsString: async () => '',
  };
  const metrics = createMetrics({ registry, process: false });
  const texts = await Promise.all(Array.from({ length: 50 }, () => metrics.scrape()));
  expect([renders, new Set(texts).size]).toEqual([1, 1]);
  await metrics.scrape();
  expect(renders).toBe(2);
});

test.each([
  ['text/plain; version=0.0.4', 'fine 1'],
  ['application/openmetrics-text; version=1.0.0', undefined], // only the registry itself can give it, all or nothing
])(
  'a collector that hangs is called once, and keeps its place until it returns: %s',
  async (contentType, rest) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const calls: ((text: string) => void)[] = [];
    const hang = (): Promise<string> => new Promise((resolve) => void calls.push(resolve));
    const registry: RegistryLike = {
      contentType,
      metrics: hang,
      registerMetric: () => undefined,
      removeSingleMetric: () => undefined,
      getMetricsAsArray: () => [{ name: 'hung' }, { name: 'fine' }],
      getSingleMetricAsString: async (name) => (name === 'hung' ? hang() : 'fine 1'),
    };
    const metrics = createMetrics({ registry, process: false });
    /** The body, or that it took too long. */
    const scrape = async (): Promise<string> => {
      const scraped = metrics.scrape().then(
        ({ body }) => body,
        (error: Error) => error.message,
      );
      await turns();
      await vi.advanceTimersByTimeAsync(10_000);
      return scraped;
    };
    expect(await scrape()).toContain('took longer');
    expect(await scrape()).toContain(rest ?? 'took longer');
    expect(calls).toHaveLength(1);

    calls[0]?.('hung 1');
    await turns();
    const last = metrics.scrape();
    await turns();
    expect(calls, 'asked again once it had returned').toHaveLength(2);
    calls[1]?.('hung 2');
    expect((await last).body).toContain('hung 2');
    vi.useRealTimers();
    await metrics.close();
  },
);

test('a large scrape gives others their turn', async () => {
  const metrics = createMetrics({ process: false, maxSeries: 5_000 });
  const counted = metrics.counter(spec('hits', '{hit}'));
  for (let at = 0; at < 5_000; at += 1) counted.add(1, { at: String(at) });
  let turns = 0;
  let over = false;
  const count = (): void => {
    turns += 1;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  await metrics.scrape();
  over = true;
  expect(turns).toBeGreaterThanOrEqual(5);
});

test('estimates quantiles within the bucket that holds them', () => {
  const bounds = [0.1, 0.2, 0.5];
  expect(quantile(0.5, bounds, [10, 0, 0, 0])).toBeCloseTo(0.05);
  expect(quantile(0.99, bounds, [50, 49, 1, 0])).toBeCloseTo(0.2);
  expect(quantile(0.5, bounds, [0, 0, 0, 9]), 'above the last bound').toBe(0.5);
  expect(quantile(0.5, bounds, [0, 0, 0, 0])).toBeNaN();
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.001, max: 0.499, noNaN: true }), { minLength: 1 }),
      fc.constantFrom(0.5, 0.95, 0.99),
      (values, q) => {
        const counts = [0, 0, 0, 0];
        for (const value of values) {
          const at = bounds.findIndex((bound) => value <= bound);
          counts[at] = (counts[at] ?? 0) + 1;
        }
        const exact = [...values].sort((a, b) => a - b)[Math.ceil(q * values.length) - 1] ?? 0;
        const bucket = bounds.findIndex((bound) => exact <= bound);
        const estimate = quantile(q, bounds, counts);
        expect(estimate).toBeLessThanOrEqual(bounds[bucket] ?? 0);
        expect(estimate).toBeGreaterThanOrEqual(bounds[bucket - 1] ?? 0);
      },
    ),
    { numRuns: 500 },
  );
});

test('/metrics is for whom details allows, holds no shutdown, and is not there without metrics', async () => {
  const metrics = createMetrics({ process: false });
  const details = (view: { header(name: string): string | undefined }): boolean =>
    view.header('authorization') === 'Bearer prometheus';
  const health = createHealth({ metrics, metricsPath: '/internal/metrics', details, signals: false });
  const without = createHealth({ details: () => true, signals: false });
  const server = createServer((request, response) => {
    const answer = (request.headers.host === 'without' ? without : health).answer(request);
    if (answer === undefined) response.writeHead(404).end();
    else
      void answer.then(({ statusCode, headers, body }) => response.writeHead(statusCode, headers).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = (path: string, authorization: string): Promise<Response> =>
    fetch(`${url}${path}`, { headers: { authorization } });
  expect((await ask('/internal/metrics', '')).status).toBe(403);
  expect((await ask('/metrics', 'Bearer prometheus')).status).toBe(404);
  const allowed = await ask('/internal/metrics', 'Bearer prometheus');
  expect([allowed.status, allowed.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ]);
  expect(await allowed.text()).toContain('# TYPE http_server_request_duration_seconds histogram');
  server.closeAllConnections();
  server.close();
  await Promise.all([health.close(), without.close()]);
});

test('a collector that throws is left out with one log line, and takes nothing else with it', async () => {
  const registry = new promClient.Registry();
  let broken = true;
  new promClient.Gauge({
    name: 'queue_length',
    help: 'Jobs.',
    registers: [registry],
    collect() {
      if (broken) throw new Error('the queue is away');
      this.set(7);
    },
  });
  new promClient.Gauge({ name: 'fine', help: 'Works.', registers: [registry] }).set(1);
  const lines: unknown[] = [];
  const log = (message: string, fields?: object): void => void lines.push([message, fields]);
  await using metrics = createMetrics({ registry, process: false });
  const health = createHealth({
    metrics,
    details: () => true,
    signals: false,
    logger: { error: log, warn: log, info: log, debug: log },
  });
  const server = createServer((request, response) => {
    void health
      .answer(request)
      ?.then(({ statusCode, headers, body }) => response.writeHead(statusCode, headers).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  const without = await fetch(url);
  const text = await without.text();
  expect(without.status).toBe(200);
  expect(text).toContain('# queue_length is left out: its collector failed.\n');
  expect(text).toContain('# TYPE http_server_request_duration_seconds histogram\n');
  expect(text).toContain('fine 1\n');
  expect(lines).toEqual([['metrics left out of a scrape', { error: { message: 'the queue is away' } }]]);
  broken = false;
  const mended = await fetch(url);
  expect([mended.status, await mended.text()]).toEqual([200, expect.stringContaining('queue_length 7')]);
  server.closeAllConnections();
  server.close();
  await health.close();
});
