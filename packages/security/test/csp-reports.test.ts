import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createFakeClock, describeHttpContract, rawRequest, waitFor } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { secure as secureExpress } from '../src/adapters/express.js';
import { cspReports, secure as secureFastify } from '../src/adapters/fastify.js';
import { secure as secureNode } from '../src/adapters/node.js';
import {
  type CspReportsOptions,
  type CspViolation,
  createCspReports,
  createSecurity,
  type HeadersOptions,
} from '../src/index.js';
import { viewOf } from './view.js';

const older = {
  'csp-report': {
    'document-uri': 'https://app.example.com/reset?token=secret-canary',
    'violated-directive': 'script-src-elem',
    'effective-directive': 'script-src-elem',
    'blocked-uri': 'https://evil.example/x.js?secret-canary',
    'source-file': 'https://app.example.com/app.js?v=secret-canary',
    'line-number': 7,
    'script-sample': 'secret-canary',
    disposition: 'report',
  },
};
const newer = [
  { type: 'deprecation', url: 'https://app.example.com/', body: { id: 'x' } },
  {
    type: 'csp-violation',
    age: 10,
    url: 'https://app.example.com/',
    user_agent: 'secret-canary',
    body: {
      documentURL: 'https://app.example.com/reset?token=secret-canary#secret-canary',
      effectiveDirective: 'style-src-attr',
      blockedURL: 'inline',
      disposition: 'enforce',
      lineNumber: 3,
      sample: 'secret-canary',
    },
  },
];

function watched(options: CspReportsOptions = {}) {
  const seen: CspViolation[] = [];
  const lines: Array<readonly [string, unknown]> = [];
  const log = (message: string, fields?: object): void => void lines.push([message, fields]);
  const logger = { error: log, warn: log, info: log, debug: log };
  const counts: unknown[] = [];
  const metrics = {
    counter: () => ({ add: (_by: number, labels?: object) => void counts.push(labels) }),
    histogram: () => ({ record: () => undefined }),
    gauge: () => ({ set: () => undefined }),
  };
  const reports = createCspReports({ logger, metrics, onViolation: (each) => seen.push(each), ...options });
  return { reports, seen, lines, counts };
}

describeHttpContract('reports of violations', (host) => {
  const path = '/csp-reports';
  const security = createSecurity({ headers: { reports: path } });

  const serve = (watch: ReturnType<typeof watched>) =>
    host.serve({
      node: (app) => {
        app.use(secureNode(security));
        app.use((request, response, next) =>
          request.url === path ? watch.reports.handle(request, response) : next(),
        );
      },
      express: (app) => {
        app.use(secureExpress(security));
        app.all(path, watch.reports.handle);
      },
      fastify: async (app) => {
        await app.register(secureFastify(security));
        await app.register(cspReports(watch.reports, path));
      },
    });

  const post = (url: string, body: unknown, type = 'application/csp-report'): Promise<Response> =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': type },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  test('are answered although who is told of them fails', async () => {
    const watch = watched({ onViolation: async () => Promise.reject(new Error('no trail')) });
    await using service = await serve(watch);
    expect((await post(service.url, older)).status).toBe(204);
    const failed = ['onViolation of createCspReports threw', { error: new Error('no trail') }];
    await waitFor(() => watch.lines.length > 1, { what: 'the line' });
    expect(watch.lines).toContainEqual(failed);
  });

  test('are read in both formats, and nothing that may be secret is kept', async () => {
    const watch = watched();
    await using service = await serve(watch);
    expect((await post(service.url, older)).status).toBe(204);
    const answer = await post(service.url, newer, 'application/reports+json; charset=utf-8');
    expect([answer.status, answer.headers.get('x-content-type-options')]).toEqual([204, 'nosniff']);
    expect(watch.seen).toEqual([
      {
        directive: 'script-src-elem',
        disposition: 'report',
        blocked: 'https://evil.example',
        page: 'https://app.example.com/reset',
        source: 'https://app.example.com/app.js',
        line: 7,
      },
      {
        directive: 'style-src-attr',
        disposition: 'enforce',
        blocked: 'inline',
        page: 'https://app.example.com/reset',
        source: undefined,
        line: 3,
      },
    ]);
    expect(JSON.stringify([watch.lines, watch.counts])).not.toContain('secret-canary');
    expect(watch.counts).toEqual([
      { directive: 'script-src-elem', disposition: 'report' },
      { directive: 'style-src-attr', disposition: 'enforce' },
    ]);
  });

  test('that are too long, of another type or no reports are refused and not told', async () => {
    const watch = watched();
    await using service = await serve(watch);
    expect((await post(service.url, older, 'text/plain')).status).toBe(415);
    for (const body of [
      '',
      '{',
      'null',
      '"x"',
      '{"csp-report":[]}',
      '{"csp-report":null}',
      '{"__proto__":{}}',
    ]) {
      expect([body, (await post(service.url, body)).status]).toEqual([body, 400]);
    }
    const long = JSON.stringify({ 'csp-report': { 'blocked-uri': 'x'.repeat(16_384) } });
    for (const framing of [`Content-Length: ${long.length}`, 'Transfer-Encoding: chunked']) {
      const chunked = framing.startsWith('T');
      const body = chunked ? `${long.length.toString(16)}\r\n${long}\r\n0\r\n\r\n` : long;
      const text = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/csp-report\r\n${framing}\r\n\r\n${body}`;
      const answer = await rawRequest({ port: service.port, text });
      expect([framing, answer.status, answer.header('connection')]).toEqual([framing, 413, ['close']]);
    }
    expect([watch.seen, watch.lines]).toEqual([[], []]);
    expect((await post(service.url, older)).status).toBe(204);
  });
});

/** What the handler makes of a body, without a server. */
async function told(body: unknown): Promise<readonly CspViolation[]> {
  const { readViolations } = await import('../src/csp-reports/violation.js');
  return readViolations(JSON.stringify(body)) ?? [];
}

test('a report whose fields are not what they should be is kept without them', async () => {
  const odd = [
    17,
    null,
    {},
    [],
    true,
    'javascript:alert(1)',
    'file:///etc/passwd',
    'a\u0000b\nc',
    'x'.repeat(9_999),
  ];
  for (const value of odd) {
    const fields = ['effective-directive', 'blocked-uri', 'document-uri', 'source-file', 'disposition'];
    const report = Object.fromEntries(
      [...fields, 'line-number'].map((name) => [name, value === 17 ? -17 : value]),
    );
    expect(await told({ 'csp-report': report })).toEqual([
      {
        directive: 'other',
        disposition: 'enforce',
        blocked: undefined,
        page: undefined,
        source: undefined,
        line: undefined,
      },
    ]);
  }
  const injected = {
    'document-uri': `https://a.example/\n\u001b[2J${'x'.repeat(9_999)}`,
    'blocked-uri': 'data:text/html,x',
  };
  const [violation] = await told({ 'csp-report': injected });
  expect(violation).toMatchObject({ blocked: 'data:' });
  expect(violation?.page).toMatch(/^https:\/\/a\.example\/[\x21-\x7e]{0,238}$/);
  expect((await told(Array.from({ length: 5_000 }, () => newer[1]))).length).toBe(20);
});

describeHttpContract('a flood of reports', (host) => {
  test('writes ten lines a minute, and then how many were left out', async () => {
    const clock = createFakeClock();
    const watch = watched({ clock });
    await using service = await host.serve({
      node: (app) => app.use((request, response) => watch.reports.handle(request, response)),
      express: (app) => void app.post('/csp-reports', watch.reports.handle),
      fastify: async (app) => void (await app.register(cspReports(watch.reports, '/csp-reports'))),
    });
    const flood = async (): Promise<void> => {
      const body = JSON.stringify(Array.from({ length: 20 }, () => newer[1]));
      const headers = { 'content-type': 'application/reports+json' };
      const answer = await fetch(`${service.url}/csp-reports`, { method: 'POST', headers, body });
      expect(answer.status).toBe(204);
    };
    for (let time = 0; time < 5; time += 1) await flood();
    expect([watch.lines.length, watch.seen.length]).toEqual([10, 100]);
    await clock.advance(60_000);
    await flood();
    expect(watch.lines).toHaveLength(20);
    expect(watch.lines[10]?.[1]).toMatchObject({ leftOut: 90 });
  });

  test('of which one is sent too slowly is answered with 408', async () => {
    const clock = createFakeClock();
    const watch = watched({ clock });
    let arrived: () => void = () => undefined;
    const started = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    await using service = await host.serve({
      server: (server) => void server.on('request', () => setImmediate(arrived)),
      node: (app) => app.use((request, response) => watch.reports.handle(request, response)),
      express: (app) => void app.post('/csp-reports', watch.reports.handle),
      fastify: async (app) => void (await app.register(cspReports(watch.reports, '/csp-reports'))),
    });
    const text =
      'POST /csp-reports HTTP/1.1\r\nHost: a\r\nContent-Type: application/csp-report\r\nContent-Length: 100\r\n\r\n{';
    const answer = rawRequest({ port: service.port, text });
    await started;
    await clock.advance(5_000);
    expect((await answer).status).toBe(408);
  });
});

test('over HTTP/2 what is too long is refused, its stream ends, and nothing is said of a connection', async () => {
  const { reports } = watched();
  const warnings: string[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', onWarning);
  const server = createHttp2Server((request, response) => {
    // What both versions have in common is all that is used.
    reports.handle(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  try {
    for (const length of [undefined, '200000']) {
      const stream = session.request({
        ':path': '/csp-reports',
        ':method': 'POST',
        'content-type': 'application/csp-report',
        ...(length === undefined ? {} : { 'content-length': length }),
      });
      stream.on('error', () => undefined); // it is cut off while it sends
      const answer = new Promise<unknown>((resolve) => stream.once('response', resolve));
      const ended = new Promise<void>((resolve) => stream.once('close', resolve));
      stream.resume().end('x'.repeat(200_000));
      expect(await answer).toMatchObject({ ':status': 413 });
      await ended;
    }
    expect(session.destroyed).toBe(false);
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', onWarning);
    session.destroy();
    server.close();
  }
});

async function sent(headers: HeadersOptions): Promise<Record<string, string>> {
  return Object.fromEntries((await createSecurity({ headers }).decide(viewOf({ encrypted: true }))).headers);
}

test('browsers are told where to report, in the way of both standards', async () => {
  for (const profile of ['html', 'api'] as const) {
    const headers = await sent({ profile, reports: '/csp-reports' });
    expect(headers['Content-Security-Policy']).toMatch(/;report-uri \/csp-reports;report-to csp$/);
    expect(headers['Reporting-Endpoints']).toBe('csp="/csp-reports"');
  }
  const nonced = await sent({ reports: 'https://reports.example.com/csp', nonce: true });
  expect(nonced['Content-Security-Policy']).toContain(
    ';report-uri https://reports.example.com/csp;report-to csp',
  );
  for (const reports of [
    'csp',
    '//evil.example',
    'http://a.example',
    '/a b',
    '/a;script-src *',
    '/a"',
    '/a,b',
    '',
  ]) {
    expect([reports, () => createSecurity({ headers: { reports } })]).toEqual([
      reports,
      expect.toSatisfy((create: () => void) => throws(create)),
    ]);
  }
  const without = { reports: '/csp', helmet: { contentSecurityPolicy: false } } as const;
  expect(() => createSecurity({ headers: without })).toThrow('left out');
});

function throws(create: () => void): boolean {
  try {
    create();
    return false;
  } catch {
    return true;
  }
}

test('a page is isolated from other origins when it is asked for, and only then', async () => {
  expect(await sent({})).not.toHaveProperty('Cross-Origin-Embedder-Policy');
  for (const isolation of ['require-corp', 'credentialless'] as const) {
    for (const profile of ['html', 'api'] as const) {
      expect(await sent({ profile, isolation })).toMatchObject({
        'Cross-Origin-Embedder-Policy': isolation,
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Resource-Policy': 'same-origin',
      });
    }
  }
  const both: HeadersOptions = { isolation: 'require-corp', helmet: { crossOriginOpenerPolicy: false } };
  expect(() => createSecurity({ headers: both })).toThrow('isolation');
});
