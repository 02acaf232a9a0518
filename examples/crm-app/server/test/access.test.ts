import { randomUUID } from 'node:crypto';
import { silentLogger } from '@seaworthy/contracts';
import { createDb } from '@seaworthy/db-pool';
import { mysql } from '@seaworthy/db-pool/mysql';
import { createHealth, createMetrics } from '@seaworthy/health';
import { createSecurity } from '@seaworthy/security';
import { routesOf } from '@seaworthy/security/fastify';
import { createLoginGuard } from '@seaworthy/security/login';
import { type AccessRow, accessMatrix, matrixText } from '@seaworthy/security/roles';
import { createTestDatabase, describeWith, type TestDatabase } from '@seaworthy/testkit';
import type { Role } from '@seaworthy-example/crm-api';
import Fastify from 'fastify';
import mysql2 from 'mysql2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApp } from '../src/app.js';
import { policy } from '../src/auth/policy.js';
import { schema } from '../src/config.js';
import { logIn, type Person, startCrm } from './crm-client.js';

/** The routes of the application, without its pages, asked for where nothing listens. */
async function matrixOfRoutes(url: string): Promise<ReadonlyArray<AccessRow<Role>>> {
  const [health, security, metrics] = [createHealth(), createSecurity(), createMetrics()];
  const db = createDb(mysql(mysql2), { url });
  const env = { NODE_ENV: 'test', DATABASE_URL: url, PAGES_FOLDER: '/nonexistent' };
  const config = schema.load({ env, cwd: '/nonexistent' });
  const app = Fastify();
  const routes = routesOf(app);
  const [logger, logins] = [silentLogger, createLoginGuard()];
  await createApp({ config, environment: 'test', logger, db, health, metrics, security, logins }, app);
  await app.ready();
  const matrix = accessMatrix(policy, routes);
  await Promise.all([app.close(), db.close(), security.close(), health.close(), metrics.close()]);
  return matrix;
}

describeWith(['mysql'], 'who may do what in the CRM', () => {
  let database: TestDatabase;
  let service: Awaited<ReturnType<typeof startCrm>>;
  let matrix: ReadonlyArray<AccessRow<Role>>;

  beforeAll(async () => {
    database = await createTestDatabase('mysql');
    service = await startCrm(database.url);
    matrix = await matrixOfRoutes(database.url);
  });
  afterAll(async () => {
    await service.close();
    await database.drop();
  });

  it('is the whole matrix of its routes', () => {
    expect(`\n${matrixText(matrix)}\n`).toMatchInlineSnapshot(`
      "
      route                            access          viewer  sales  accountant  admin
      POST /api/auth/login             anyone          yes     yes    yes         yes
      POST /api/auth/logout            anyone          yes     yes    yes         yes
      GET /api/clients                 client.read     yes     yes    yes         yes
      POST /api/clients                client.write    -       yes    yes         yes
      GET /api/clients/:id             client.read     yes     yes    yes         yes
      PATCH /api/clients/:id           client.write    -       yes    yes         yes
      GET /api/dashboard               dashboard.read  yes     yes    yes         yes
      GET /api/invoices                invoice.read    yes     yes    yes         yes
      POST /api/invoices               invoice.write   -       yes    yes         yes
      GET /api/invoices/:id            invoice.read    yes     yes    yes         yes
      POST /api/invoices/:id/payments  payment.add     -       -      yes         yes
      POST /api/invoices/:id/send      invoice.write   -       yes    yes         yes
      POST /api/invoices/:id/void      invoice.void    -       -      yes         yes
      GET /api/me                      self.read       yes     yes    yes         yes
      GET /api/users                   account.read    -       -      -           yes
      POST /api/users                  account.write   -       -      -           yes
      PATCH /api/users/:id             account.write   -       -      -           yes
      "
    `);
  });

  it('[row 44] is what each role gets from each route', async () => {
    let cells = 0;
    for (const { method, path, access, roles } of matrix) {
      const place = path.replaceAll(/:\w+/g, () => randomUUID());
      const body = method === 'GET' ? undefined : {};
      for (const [role, grant] of Object.entries(roles)) {
        cells += 1;
        const asked =
          access === 'anyone' ? await nobody(method, place) : await ask(role, method, place, body);
        const isRefused = asked === 401 || asked === 403;
        expect([method, path, role, asked, isRefused]).toEqual([
          method,
          path,
          role,
          asked,
          grant === 'never',
        ]);
        expect(asked).toBeLessThan(500);
      }
      expect([method, path, (await nobody(method, place)) === 401]).toEqual([
        method,
        path,
        access !== 'anyone',
      ]);
    }
    expect(cells).toBe(matrix.length * policy.roles.length);
  });

  async function ask(role: string, method: string, path: string, body: unknown): Promise<number> {
    const person: Person = await logIn(service.url ?? '', role);
    const answers = { GET: person.get, POST: person.post, PATCH: person.patch };
    const send = method === 'GET' || method === 'POST' || method === 'PATCH' ? answers[method] : undefined;
    if (send === undefined) throw new Error(`nobody here sends ${method}`);
    return (await send(path, body)).status;
  }

  async function nobody(method: string, path: string): Promise<number> {
    const content = method === 'GET' ? {} : { headers: { 'content-type': 'application/json' }, body: '{}' };
    return (await fetch(`${service.url}${path}`, { method, ...content })).status;
  }
});
