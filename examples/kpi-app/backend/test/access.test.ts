import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@seaworthy/contracts';
import { createDb } from '@seaworthy/db-pool';
import { pglite } from '@seaworthy/db-pool/pglite';
import { createHealth, createMetrics } from '@seaworthy/health';
import { createSecurity } from '@seaworthy/security';
import { routesOf } from '@seaworthy/security/express';
import { createLoginGuard } from '@seaworthy/security/login';
import { type AccessRow, accessMatrix, matrixText } from '@seaworthy/security/roles';
import { freePort } from '@seaworthy/testkit';
import type { Role } from '@seaworthy-example/kpi-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../src/app.js';
import { policy } from '../src/auth/policy.js';
import { schema } from '../src/config.js';
import { KpiClient, startKpi } from './kpi-client.js';

/** The routes of the application, asked for where nothing listens. */
async function matrixOfRoutes(): Promise<ReadonlyArray<AccessRow<Role>>> {
  const [health, security, metrics] = [createHealth(), createSecurity(), createMetrics()];
  const db = createDb(pglite({ module: import.meta.resolve('@electric-sql/pglite') }), { connection: {} });
  const config = schema.load({ env: { NODE_ENV: 'test' }, cwd: '/nonexistent' });
  const [logger, logins] = [silentLogger, createLoginGuard()];
  const app = createApp({ config, environment: 'test', logger, db, health, metrics, security, logins });
  const matrix = accessMatrix(policy, routesOf(app, { mounts: ['/api'] }));
  await Promise.all([db.close(), security.close(), health.close(), metrics.close()]);
  return matrix;
}

describe('who may do what in the KPI API', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kpi-access-'));
  let service: Awaited<ReturnType<typeof startKpi>>;
  let matrix: ReadonlyArray<AccessRow<Role>>;

  beforeAll(async () => {
    matrix = await matrixOfRoutes();
    service = await startKpi({ PORT: String(await freePort()), DATA_DIR: join(folder, 'data') });
  });
  afterAll(async () => {
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is the whole matrix of its routes', () => {
    expect(`\n${matrixText(matrix)}\n`).toMatchInlineSnapshot(`
      "
      route                                  access           viewer  member  manager  admin
      POST /api/auth/login                   anyone           yes     yes     yes      yes
      POST /api/auth/logout                  anyone           yes     yes     yes      yes
      POST /api/auth/register                anyone           yes     yes     yes      yes
      POST /api/auth/token                   anyone           yes     yes     yes      yes
      GET /api/dashboard                     dashboard.read   yes     yes     yes      yes
      GET /api/key-results/:id/check-ins     check-in.read    yes     yes     yes      yes
      POST /api/key-results/:id/check-ins    check-in.add     -       if      yes      yes
      GET /api/me                            self.read        yes     yes     yes      yes
      GET /api/objectives                    objective.read   yes     yes     yes      yes
      POST /api/objectives                   objective.write  -       -       yes      yes
      GET /api/objectives/:id                objective.read   yes     yes     yes      yes
      PATCH /api/objectives/:id              objective.write  -       -       yes      yes
      POST /api/objectives/:id/key-results   objective.write  -       -       yes      yes
      GET /api/teams                         team.read        yes     yes     yes      yes
      POST /api/teams                        team.write       -       -       yes      yes
      GET /api/teams/:id                     team.read        yes     yes     yes      yes
      POST /api/teams/:id/members            team.write       -       -       yes      yes
      DELETE /api/teams/:id/members/:userId  team.write       -       -       yes      yes
      GET /api/users                         account.read     -       -       -        yes
      PATCH /api/users/:id                   account.write    -       -       -        yes
      "
    `);
  });

  it('[row 44] is what each role gets from each route', async () => {
    const statuses = new Map<string, number>();
    for (const { method, path, access, roles } of matrix) {
      const place = path.replaceAll(/:\w+/g, () => randomUUID());
      const body = method === 'GET' || method === 'DELETE' ? undefined : {};
      for (const [role, grant] of Object.entries(roles)) {
        if (grant === 'sometimes') continue; // below, with a team of the user's own and with another
        const client = access === 'anyone' ? new KpiClient(service.url ?? '') : await person(role);
        const { status } = await client.send(method, place, body);
        statuses.set(`${method} ${path} ${role}`, status);
        const isRefused = status === 401 || status === 403;
        expect([method, path, role, status, isRefused]).toEqual([
          method,
          path,
          role,
          status,
          grant === 'never',
        ]);
        expect(status).toBeLessThan(500);
      }
      const nobody = await new KpiClient(service.url ?? '').send(method, place, body);
      expect([method, path, nobody.status === 401]).toEqual([method, path, access !== 'anyone']);
    }
    expect(statuses.size).toBe(matrix.length * policy.roles.length - 1);

    const member = await person('member');
    const keyResults = await keyResultsByTeam(member);
    const add = async (id: string): Promise<number> => {
      const { status } = await member.post(`/api/key-results/${id}/check-ins`, { value: 1, confidence: 5 });
      return status;
    };
    expect([await add(keyResults.own), await add(keyResults.other)]).toEqual([201, 403]);
  });

  const person = (role: string): Promise<KpiClient> => new KpiClient(service.url ?? '').logIn(role);

  /** A key result of a team that the member is in, and one of a team that they are not in. */
  async function keyResultsByTeam(
    member: KpiClient,
  ): Promise<{ readonly own: string; readonly other: string }> {
    const { id } = (await member.get('/api/me')).body.user;
    const found = { own: '', other: '' };
    for (const team of (await member.get('/api/teams')).body.teams) {
      const { members } = (await member.get(`/api/teams/${team.id}`)).body;
      const isIn = members.some((one: { readonly userId: string }) => one.userId === id);
      const { objectives } = (await member.get(`/api/objectives?teamId=${team.id}`)).body;
      for (const objective of objectives) {
        const { keyResults } = (await member.get(`/api/objectives/${objective.id}`)).body.objective;
        for (const keyResult of keyResults) found[isIn ? 'own' : 'other'] = keyResult.id;
      }
    }
    return found;
  }
});
