import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith, size, startPostgres, waitFor } from '@seaworthy/testkit';
import pg from 'pg';
import { expect, test } from 'vitest';
import { healthEndpoints } from '../src/adapters/node.js';
import { createHealth, postgresPing, remote } from '../src/index.js';

const perSecond = size({ test: 200, soak: 1_000 });
const roundSeconds = size({ test: 0.5, soak: 3 });
const rounds = size({ test: 2, soak: 8 });

/** Milliseconds that each probe took, sent at an even pace, whatever the answers do. */
async function probe(url: string, agent: Agent): Promise<number[]> {
  const taken: number[] = [];
  const pending: Promise<void>[] = [];
  const startedAt = performance.now();
  const once = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const sentAt = performance.now();
      request(url, { agent }, (response) => {
        response.resume().on('end', () => {
          taken.push(performance.now() - sentAt);
          resolve();
        });
      })
        .on('error', reject)
        .end();
    });
  for (let sent = 0; sent < perSecond * roundSeconds; ) {
    const due = Math.min(perSecond * roundSeconds, ((performance.now() - startedAt) / 1_000) * perSecond);
    for (; sent < due; sent += 1) pending.push(once());
    await sleep(1);
  }
  await Promise.all(pending);
  return taken;
}

function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? Number.NaN;
}

/**
 * How long the check waits for the call that hangs. A busy machine holds any probe up, so there what waited for the call is told by
 * taking as long; what a probe may take is asked at full size.
 */
const timeout = size({ test: 50_000, soak: 100 });

describeWith(['private postgres'], 'with a PostgreSQL that freezes', () => {
  test('probes are answered as fast while it is frozen as while it works, with one call outstanding', async () => {
    await using postgres = await startPostgres();
    const pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
    pool.on('error', () => undefined);
    const ping = postgresPing(pool);
    let outstanding = 0;
    let most = 0;
    const counted = async (signal: AbortSignal): Promise<unknown> => {
      outstanding += 1;
      most = Math.max(most, outstanding);
      return Promise.resolve(ping.probe(signal)).finally(() => {
        outstanding -= 1;
      });
    };
    const check = remote(counted, { interval: 200, timeout, failAfter: 1 });
    const health = createHealth({ checks: { database: check }, signals: false });
    const endpoints = healthEndpoints(health);
    const server = createServer((asked, response) => endpoints(asked, response, () => response.end()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`;
    const agent = new Agent({ keepAlive: true, maxSockets: 50 });
    await waitFor(() => health.snapshot().status === 'pass');
    await probe(url, agent); // until it is compiled

    const figures: { working: number[]; frozen: number[] } = { working: [], frozen: [] };
    // In turns, so that what else the machine does meets both.
    for (let round = 0; round < rounds; round += 1) {
      figures.working.push(...(await probe(url, agent)));
      await postgres.freeze();
      await waitFor(() => (timeout > 1_000 ? outstanding === 1 : health.snapshot().status === 'fail'));
      figures.frozen.push(...(await probe(url, agent)));
      await waitFor(() => outstanding === 1, { what: 'the call that hangs' });
      await postgres.thaw();
      await waitFor(() => health.snapshot().status === 'pass');
    }
    expect(most).toBe(1);
    const [working, frozen] = [p99(figures.working), p99(figures.frozen)];
    expect(frozen, `${frozen} ms frozen, ${working} ms working`).toBeLessThanOrEqual(
      size({ test: timeout / 2, soak: working * 2 }),
    );
    agent.destroy();
    server.closeAllConnections();
    server.close();
    await health.close();
    await pool.end();
  });
});
