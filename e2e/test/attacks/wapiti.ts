import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWith, findProgram, size } from '@seaworthy/testkit';
import { expect, it } from 'vitest';
import { startInjectableServer } from './injectable-server.js';
import type { RunningApplication, RunningApplications } from './running-applications.js';
import type { TlsProxy } from './tls-proxy.js';

const run = promisify(execFile);
const limit = size({ test: 180_000, soak: 3_600_000 });

interface Report {
  readonly vulnerabilities: Readonly<Record<string, readonly object[]>>;
  readonly anomalies: Readonly<Record<string, readonly object[]>>;
}

/** Wapiti over TLS, logged in; at test size the modules that are quick. */
export function wapiti(applications: () => RunningApplications, proxy: () => TlsProxy): void {
  describeWith(['wapiti'], 'Wapiti', () => {
    it(
      'finds nothing in either application',
      async () => {
        const { kpi, crm } = applications();
        for (const { url, application, cookie, starts } of [
          {
            url: proxy().kpi,
            application: kpi,
            cookie: await kpi.logIn('admin'),
            starts: [
              '/api/objectives?search=answer&status=active',
              '/api/users?search=a&page=1',
              '/api/teams',
            ],
          },
          {
            url: proxy().crm,
            application: crm,
            cookie: await crm.logIn('admin'),
            starts: ['/api/clients?search=acacia&page=1', '/api/invoices?search=a&status=sent&page=1'],
          },
        ]) {
          const before = searches(application);
          expect(await scan(url, cookie, starts), url).toEqual([]);
          // Not because it was kept out.
          expect(searches(application) - before, url).toBeGreaterThan(0);
        }
      },
      limit,
    );

    it(
      'finds a list whose statement is built from text',
      async () => {
        await using server = await startInjectableServer();
        const found = await scan(server.url, 'none=', ['/list?search=P1']);
        expect(found.map(([kind]) => kind)).toEqual(expect.arrayContaining(['SQL Injection']));
      },
      limit,
    );
  });
}

/** How many searches with quotes in them the API has answered. */
function searches(application: RunningApplication): number {
  const answered = /"url":"\/api\/(?:objectives|clients)\?[^"]*%27[^"]*","statusCode":200/g;
  return application.logs().match(answered)?.length ?? 0;
}

/** What it finds, by kind. */
async function scan(
  url: string,
  cookie: string,
  starts: readonly string[],
): Promise<ReadonlyArray<readonly [string, readonly object[]]>> {
  const folder = await mkdtemp(join(tmpdir(), 'seaworthy-wapiti-'));
  const output = join(folder, 'report.json');
  const modules = size({ test: 'csp,http_headers,cookieflags,sql,xss', soak: 'all' });
  const args = [
    ...['--url', `${url}/`, '--scope', 'folder', '--flush-session', '--verbose', '0', '--color'],
    ...starts.flatMap((path) => ['--start', url + path]),
    ...['--header', `Cookie: ${cookie}`, '--module', modules, '--format', 'json', '--output', output],
    ...['--store-session', folder, '--store-config', folder, '--no-bugreport'],
    ...['--max-scan-time', size({ test: '90', soak: '1500' }), '--timeout', '10'],
  ];
  try {
    await run(findProgram('wapiti') ?? 'wapiti', args, {
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: folder, LANG: 'C.UTF-8' },
      maxBuffer: 64 * 1024 ** 2,
    });
    const { vulnerabilities, anomalies } = JSON.parse(await readFile(output, 'utf8')) as Report;
    return Object.entries({ ...vulnerabilities, ...anomalies }).filter(([, { length }]) => length > 0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
