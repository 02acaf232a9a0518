import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { createHealth, local } from '@seaworthy/health';
import { healthEndpoints as expressHealth } from '@seaworthy/health/express';
import { healthEndpoints as fastifyHealth } from '@seaworthy/health/fastify';
import { healthEndpoints as nodeHealth } from '@seaworthy/health/node';
import { clientIp, createSecurity, policy, presets, type SecurityOptions } from '@seaworthy/security';
import { secure as expressSecure } from '@seaworthy/security/express';
import { secure as fastifySecure } from '@seaworthy/security/fastify';
import { secure as nodeSecure } from '@seaworthy/security/node';
import { describeHttpContract, startNginx } from '@seaworthy/testkit';
import express from 'express';
import { afterAll, beforeAll, expect, test } from 'vitest';

const origin = 'https://app.example.com';

const options: SecurityOptions = {
  headers: presets.crm.headers,
  clientIp: clientIp({ trust: ['loopback'] }),
  cors: { origins: origin },
  limits: { headers: 'none', policies: [policy('ip', { limit: 1, per: '1h', paths: ['/text'] })] },
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seaworthy-static-'));
  chmodSync(folder, 0o755); // nginx runs as somebody else
  writeFileSync(join(folder, 'page.css'), 'p { color: black }');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The headers of a page over TLS, which every answer is held to. */
async function expectedHeaders(): Promise<ReadonlyArray<readonly [string, string]>> {
  const view = { method: 'GET', url: '/', host: 'a', peer: '192.0.2.1', encrypted: true };
  const { headers } = await createSecurity(options).decide({ ...view, header: () => undefined });
  return headers.filter(([name]) => name !== 'Vary');
}

describeHttpContract('security in front of health', (host) => {
  const isExpress = host.name.startsWith('express');

  async function serve() {
    const security = createSecurity(options);
    const health = createHealth({
      checks: { self: local(async () => undefined) },
      live: ['self'],
    });
    return host.serve({
      node: (app) => {
        app.use(nodeSecure(security));
        app.use((request, response, next) => nodeHealth(health)(request, response, next));
      },
      express: (app) => {
        app.use(expressSecure(security), expressHealth(health));
        app.use('/static', express.static(folder));
      },
      fastify: async (app) => {
        await app.register(fastifySecure(security));
        await app.register(fastifyHealth(health));
        await app.register(fastifyStatic, { root: folder, prefix: '/static/' });
      },
      routes: [{ method: 'GET', path: '/cached', handle: () => ({ status: 304 }) }],
    });
  }

  test('[row 20] health, 200, 304, 404, 413, 429, 500, OPTIONS, static and proxied answers carry the same headers', async () => {
    await using service = await serve();
    const expected = await expectedHeaders();
    const addHeaders = expected.map(([name, value]) => `add_header ${name} "${value}" always;`).join('\n');
    await using nginx = await startNginx({
      config: `server {
        listen 127.0.0.1:{{port}};
        ${addHeaders}
        location /assets/ { alias ${folder}/; }
        location / {
          add_header X-Proxied yes; # one of its own, and nginx leaves the outer ones out: the service sends them
          proxy_pass ${service.url};
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_set_header X-Forwarded-Proto https;
        }
      }`,
    });
    const plain = { 'x-forwarded-proto': 'https' };
    const preflight = { ...plain, origin, 'access-control-request-method': 'PUT' };
    const big = {
      method: 'POST',
      body: `"${'x'.repeat(2_000_000)}"`,
      headers: { ...plain, 'content-type': 'application/json' },
    };
    const answers: ReadonlyArray<readonly [url: string, status: number, init?: RequestInit]> = [
      ...['/livez', '/readyz', '/startupz', '/health', '/health/self'].map(
        (path) => [service.url + path, 200] as const,
      ),
      [`${nginx.url}/livez`, 200],
      [`${nginx.url}/assets/page.css`, 200],
      [`${nginx.url}/assets/none.css`, 404],
      [`${service.url}/hello`, 200],
      [`${nginx.url}/hello`, 200],
      [`${service.url}/cached`, 304],
      [`${service.url}/nowhere`, 404],
      [`${service.url}/boom`, 500],
      [`${service.url}/hello`, 204, { method: 'OPTIONS', headers: preflight }],
      ...(host.name === 'node:http'
        ? [] // the bare host has no files and limits no body
        : ([
            [`${service.url}/echo`, 413, big],
            [`${service.url}/static/page.css`, 200],
          ] as const)),
      [`${service.url}/text`, 200],
      [`${service.url}/text`, 429],
      [`${nginx.url}/text`, 429],
    ];
    for (const [url, status, init] of answers) {
      const answer = await fetch(url, { headers: plain, ...init });
      await answer.arrayBuffer();
      const place = `${url} ${answer.status}`;
      expect([url, answer.status]).toEqual([url, status]);
      for (const [name, value] of expected) {
        // Express's own error pages are stricter than any policy of ours.
        const isErrorPage =
          isExpress && url.startsWith(service.url) && [404, 413, 500].includes(answer.status);
        const wanted = name === 'Content-Security-Policy' && isErrorPage ? "default-src 'none'" : value;
        expect([place, name, answer.headers.get(name)]).toEqual([place, name, wanted]);
      }
    }
  });
});
