import { createMetrics } from '@seaworthy/health';
import { startPostgres } from '@seaworthy/testkit/servers';
import { Histogram, Registry } from 'prom-client';
import { compareAll } from './harness.mjs';
import { servers } from './load/servers.mjs';

const rounds = { roundUs: 30_000, warmUpUs: 1_000_000 };

/** 588 sets of labels with 17 lines each: 10,000 lines, as both libraries write them. */
async function prepareRendering() {
  const ours = createMetrics({ process: false });
  const registry = new Registry();
  const labelNames = ['http_request_method', 'http_route', 'http_response_status_code'];
  const buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
  const theirs = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'x',
    labelNames,
    buckets,
    registers: [registry],
  });
  for (let route = 0; route < 588; route += 1) {
    for (let request = 0; request < 20; request += 1) {
      const seconds = Math.random() ** 4 * 10;
      ours.http.begin();
      ours.http.end('GET', `/v1/things-${route}/:id`, 200, seconds);
      theirs.observe(
        {
          http_request_method: 'GET',
          http_route: `/v1/things-${route}/:id`,
          http_response_status_code: '200',
        },
        seconds,
      );
    }
  }
  const lines = [(await ours.scrape()).body, await registry.metrics()].map(
    (text) => text.match(/^http_server_request/gm)?.length,
  );
  if (lines[0] !== 9_996 || lines[1] !== 9_996) throw new Error(`not the same work: ${lines}`);
  /** @param {() => Promise<unknown>} render @returns {(times: number) => Promise<void>} */
  const repeat = (render) => async (times) => {
    for (let time = 0; time < times; time += 1) await render();
  };
  return { ours: repeat(() => ours.scrape()), theirs: repeat(() => registry.metrics()) };
}

/** @type {import('./harness.mjs').Pair[]} */
export const pairs = [
  {
    name: 'a readiness probe over PostgreSQL',
    alternative: '@godaddy/terminus, which asks at every probe',
    roundUs: 30_000,
    warmUpUs: 1_000_000,
    prepare: (context) => servers({ ours: 'healthOurs', theirs: 'healthTerminus', path: '/readyz', context }),
  },
  {
    name: 'HTTP metrics on Fastify 5',
    alternative: 'Fastify 5 without any',
    ...rounds,
    prepare: () => servers({ ours: 'fastifyMeasured', theirs: 'fastifyBare', path: '/orders' }),
  },
  {
    name: 'HTTP metrics on Fastify 5, histogram alone',
    alternative: 'fastify-metrics',
    ...rounds,
    prepare: () => servers({ ours: 'fastifyMeasured', theirs: 'fastifyMetricsHistogram', path: '/orders' }),
  },
  {
    name: 'HTTP metrics on Express 5',
    alternative: 'express-prom-bundle with method, path and status',
    ...rounds,
    prepare: () => servers({ ours: 'expressMeasured', theirs: 'expressPromBundle', path: '/orders' }),
  },
  {
    name: 'rendering 10,000 series of HTTP histograms',
    alternative: 'prom-client 15',
    roundUs: 100_000,
    warmUpUs: 3_000_000,
    prepare: prepareRendering,
  },
];

export default async function* measure() {
  const server = await startPostgres();
  try {
    yield* compareAll(import.meta.url, pairs, { postgres: server.url });
  } finally {
    await server.close();
  }
}
