import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createFakeClock,
  describeHttpContract,
  describeWith,
  findProgram,
  waitFor,
} from '@seaworthy/testkit';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Checks, createHealth, type HealthOptions, local, remote } from '../src/index.js';
import { mountHealth } from './mount.js';
import { canary, createSwitchboard } from './switchboard.js';

function setUp<const C extends Checks>(options: HealthOptions<C>) {
  const clock = createFakeClock();
  const health = createHealth<C>({ clock, signals: false, random: () => 0.5, ...options });
  return { clock, health, settle: () => clock.advance(10_000) };
}

const traffic = {
  observe: () => undefined,
  scrape: async () => ({ contentType: 'text/plain', body: '' }),
  httpSummary: () => ({
    inFlight: 3,
    routes: [
      {
        method: 'GET',
        route: '/orders/:id',
        requests: 1_200,
        clientErrors: 7,
        serverErrors: 2,
        p50: 0.0042,
        p95: 0.031,
        p99: 1.25,
      },
    ],
  }),
};

describeHttpContract('the status page', (host) => {
  test('shows anyone words, and operators causes, figures and percentiles', async () => {
    const board = createSwitchboard();
    const { health, settle } = setUp({
      checks: {
        database: remote(board.probe('database')),
        redis: remote(board.probe('redis'), { critical: false }),
        disk: local(board.probe('disk')),
      },
      version: '1.4.2',
      metrics: traffic,
      details: (view) => view.header('authorization') === 'Bearer operator',
    });
    await using service = await host.serve(mountHealth(health));
    const ask = async (path: string, authorization = ''): Promise<Response> =>
      fetch(`${service.url}${path}`, { headers: { authorization } });
    await settle();
    const well = await ask('/health/status');
    expect([well.status, well.headers.get('content-type'), well.headers.get('cache-control')]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-store',
    ]);
    expect(await well.text()).toContain('Everything works');

    board.set('redis', 'degraded');
    await settle();
    expect(await (await ask('/health/status')).text()).toContain('Works, with something missing');
    board.set('database', 'down');
    await settle();
    const broken = await ask('/health/status');
    const text = await broken.text();
    expect(broken.status).toBe(503);
    expect(text).toContain('Not ready to serve');
    expect(text).not.toMatch(/ECONNREFUSED|canary|lags|orders|1\.4\.2|MiB/);

    const seen = await (await ask('/health/status', 'Bearer operator')).text();
    expect(seen).toContain('<code>ECONNREFUSED</code>');
    expect(seen).toContain(canary.split(' ')[0]);
    expect(seen).toMatch(/lags.*1\.4\.2|1\.4\.2.*lags|replica of/s);
    expect(seen).toContain('<b>GET</b> /orders/:id</th><td>1200</td><td>7</td><td class="bad">2</td>');
    expect(seen).toContain('<td>4.2 ms</td><td>31 ms</td><td>1.3 s</td>');
    await health.close();
  });

  test('is not there when it is switched off, with its files', async () => {
    const { health, settle } = setUp({ checks: {}, page: false });
    await settle();
    await using service = await host.serve(mountHealth(health));
    for (const path of ['/health/status', '/health/status.css', '/health/status.js', '/health/status.svg']) {
      expect([path, (await fetch(`${service.url}${path}`)).status]).toEqual([path, 404]);
    }
    expect((await fetch(`${service.url}/health`)).status).toBe(200);
    await health.close();
  });
});

test('escapes what comes from outside', async () => {
  const evil = '<img src=x onerror="alert(1)">&\'';
  const { health, settle } = setUp({
    checks: {
      database: remote(async () => Promise.reject(new Error(evil))),
      disk: local(async () => ({ [evil]: evil })),
    },
    version: evil,
    details: () => true,
  });
  await settle();
  const server = createServer((request, response) => {
    void health.answer(request)?.then(({ body }) => response.end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const text = await (await fetch(`http://127.0.0.1:${port}/health/status`)).text();
  expect(text.split('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;&#39;')).toHaveLength(5);
  expect(text).not.toContain('<img');
  server.close();
  server.closeAllConnections();
  await health.close();
});

describeWith(['chromium'], 'in a browser', () => {
  let browser: Awaited<ReturnType<typeof chromium.launch>>;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: findProgram('chromium') ?? 'chromium',
      args: ['--no-sandbox'],
    });
  });
  afterAll(async () => {
    await browser?.close();
  });

  describe.each([
    ['its own policy', undefined],
    ["default-src 'self'", "default-src 'self'"],
  ])('under %s', (_name, policy) => {
    test('refreshes itself, keeps the focus, has no fault for a screen reader, and needs no wide screen', async () => {
      const board = createSwitchboard();
      const { health, settle } = setUp({
        checks: {
          database: remote(board.probe('database')),
          redis: remote(board.probe('redis'), { critical: false }),
          disk: local(board.probe('disk')),
        },
        prefix: '/api',
        metrics: traffic,
        details: () => true,
      });
      await settle();
      const server = createServer((request, response) => {
        const answer = health.answer(request);
        if (answer === undefined) response.writeHead(404).end();
        else
          void answer.then(({ statusCode, headers, body }) => {
            if (policy !== undefined) response.setHeader('content-security-policy', policy);
            const own = Object.entries(headers).filter(
              ([name]) => policy === undefined || !name.startsWith('content-sec'),
            );
            response.writeHead(statusCode, Object.fromEntries(own)).end(body);
          });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/health/status`;
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().includes('503')) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.clock.install();
      await page.goto(url);
      expect(await page.textContent('h1')).toBe('Everything works');

      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      const focused = (): Promise<unknown> =>
        page.evaluate(
          'document.activeElement.textContent + getComputedStyle(document.activeElement).outlineStyle',
        );
      expect(await focused()).toBe('The same as JSONsolid');

      board.set('database', 'down');
      board.set('redis', 'degraded');
      await settle();
      await page.clock.runFor(5_000);
      await waitFor(async () => (await page.textContent('h1')) === 'Not ready to serve');
      expect(await focused()).toBe('The same as JSONsolid');
      expect(await page.title()).toBe('✕ Not ready to serve');

      for (const width of [1280, 390]) {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.setViewportSize({ width, height: 900 });
          await page.emulateMedia({ colorScheme });
          const faults: unknown = await page.evaluate(
            `${axe.source}; axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`,
          );
          expect([width, colorScheme, faults]).toEqual([width, colorScheme, []]);
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
          const { SEAWORTHY_SCREENSHOTS: folder } = process.env;
          if (folder !== undefined && policy !== undefined) {
            await page.screenshot({ path: `${folder}/status-${width}-${colorScheme}.png`, fullPage: true });
          }
        }
      }
      expect(complaints).toEqual([]);

      server.closeAllConnections();
      server.close();
      await page.clock.runFor(5_000);
      await waitFor(async () => (await page.textContent('#fresh')) === ': the service does not answer now');
      await page.close();
      await health.close();
    });
  });
});
