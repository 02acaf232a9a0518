import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { describeHttpContract, describeWith, findProgram, size, waitFor } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { measureHttp as measureExpress } from '../../src/adapters/express.js';
import { measureHttp as measureFastify } from '../../src/adapters/fastify.js';
import { measureHttp as measureNode } from '../../src/adapters/node.js';
import { createMetrics } from '../../src/index.js';

/** Each of the four hosts gets its share. */
const requests = size({ test: 2_000, soak: 250_000 });
const perBatch = 100;

const methods = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PROPFIND',
  'MKCOL',
  'SUBSCRIBE',
  'M-SEARCH',
  'PURGE',
  'OPTIONS',
  'HEAD',
];
const shapes: readonly ((at: number) => string)[] = [
  (at) => `/wp-admin/${at}.php`,
  (at) => `/users/${at}`,
  (at) => `/users/${at}%22%7D%20evil%7B%0A${at}`,
  (at) => `/${'a/'.repeat(at % 200)}${at}`,
  (at) => `/tenants/${at}/deep/${at}`,
  (at) => `/%F0%9F%90%9F${at}?q=${at}`,
  (at) => `//evil.example/${at}`,
  (at) => `/%00${at}`,
  (at) => `/__proto__/${at}`,
  (at) => `/hello?${at}`,
];

/** Sends the requests of one batch without waiting in between, and resolves when all answers are there. */
async function sendBatch(port: number, from: number): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  const texts = Array.from({ length: perBatch }, (_none, offset) => {
    const at = from + offset;
    const method = methods[at % methods.length] ?? 'GET';
    const last = offset === perBatch - 1 ? 'Connection: close\r\n' : '';
    const path = shapes[at % shapes.length]?.(at) ?? '/';
    return `${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n${last}\r\n`;
  });
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  socket.end(texts.join(''));
  await new Promise<void>((resolve, reject) => {
    socket.once('close', () => resolve());
    socket.once('error', reject);
  });
  return received.match(/HTTP\/1\.1 \d{3} /g)?.length ?? 0;
}

describeWith(['prometheus'], 'the metrics of hostile clients', () => {
  describeHttpContract('hostile URLs and methods', (host) => {
    test(
      'make few series, each request is counted once, and the scrape is clean',
      async () => {
        const maxSeries = 200;
        const metrics = createMetrics({ process: false, maxSeries });
        await using service = await host.serve({
          node: (app) => app.use(measureNode(metrics)),
          express: (app) => void app.use(measureExpress(metrics)),
          async fastify(app) {
            await app.register(measureFastify(metrics));
          },
        });
        let answered = 0;
        for (let from = 0; from < requests; from += perBatch * 4) {
          const batches = [0, 1, 2, 3].map((lane) => sendBatch(service.port, from + lane * perBatch));
          for (const count of await Promise.all(batches)) answered += count;
        }
        expect(answered).toBe(requests);
        await waitFor(() => metrics.httpSummary().inFlight === 0);
        const { body } = await metrics.scrape();
        const lines = [...body.matchAll(/^http_server_request_duration_seconds_count\{(.*)\} (\d+)$/gm)];
        expect(lines.length).toBeLessThanOrEqual(maxSeries);
        expect(lines.length, 'templates times methods times answers').toBeLessThan(100);
        // What is no HTTP at all is answered by Node before any framework sees it.
        const counted = lines.reduce((sum, [, , count]) => sum + Number(count), 0);
        expect(counted).toBe(requests);
        expect(body).not.toMatch(/evil|wp-admin|__proto__/);
        const told = execFileSync(findProgram('promtool') ?? 'promtool', ['check', 'metrics'], {
          input: body,
          encoding: 'utf8',
          stdio: 'pipe',
        });
        expect(told.trim()).toBe('');
        await metrics.close();
      },
      size({ test: 60_000, soak: 900_000 }),
    );
  });
});
