import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TlsProxy } from './tls-proxy.js';

const run = promisify(execFile);
const version = '1.4.8';

/**
 * Apart from the packages of this repository: as one of them it would give all of them its peers, a native client of PostgreSQL and a
 * DOM for vitest.
 */
const folder = fileURLToPath(new URL(`../../../.cache/observatory-${version}`, import.meta.url));
const installed = join(folder, 'node_modules/@mdn/mdn-http-observatory');
const script = fileURLToPath(new URL('./observatory.mjs', import.meta.url));

interface Grade {
  readonly status: number;
  readonly grade: string;
  readonly score: number;
  readonly reasons: readonly string[];
}

/** What MDN's HTTP Observatory gives for both applications. */
export function observatory(proxy: () => TlsProxy): void {
  describe('the grader of the HTTP Observatory', () => {
    beforeAll(async () => {
      if (existsSync(join(installed, 'package.json'))) return;
      await mkdir(folder, { recursive: true });
      const args = [
        'install',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--no-save',
        '--prefix',
        folder,
      ];
      await run('npm', [...args, `@mdn/mdn-http-observatory@${version}`], { cwd: folder });
    });

    it('gives A+ to both: at least 130 points to the API of the KPI application, and 120 to all pages and to the API of the CRM', async () => {
      const { kpi, crm, plain, authority } = proxy();
      const httpPort = Number(new URL(plain).port);
      const target = (url: string, path: string): string =>
        JSON.stringify({ httpPort, httpsPort: Number(new URL(url).port), path });
      const targets = [target(kpi, '/api/me'), target(kpi, '/'), target(crm, '/'), target(crm, '/api/me')];
      const { stdout } = await run(process.execPath, [script, installed, ...targets], {
        env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: authority.caPath },
      });
      const [kpiApi, kpiPages, crmPages, crmApi] = JSON.parse(stdout) as readonly Grade[];
      for (const [grade, least, status] of [
        [kpiApi, 130, 401],
        [kpiPages, 120, 200],
        [crmPages, 120, 200],
        [crmApi, 120, 401], // under the policy of the guide, to the letter
      ] as const) {
        const said = JSON.stringify(grade, null, 2);
        expect(grade?.status, said).toBe(status);
        expect(grade?.score, said).toBeGreaterThanOrEqual(least);
        expect(grade?.grade, said).toBe('A+');
      }
    });
  });
}
