import { fileURLToPath } from 'node:url';
import { createDb, type Db, sql } from '@seaworthy/db-pool';
import { postgres } from '@seaworthy/db-pool/postgres';
import { createTestDatabase, describeWith, freePort, type TestDatabase } from '@seaworthy/testkit';
import { auditWitness, type Scenario } from '@seaworthy-example/server/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { demoPassword } from '../src/seed/seed.js';
import { KpiClient, startKpi } from './kpi-client.js';

const secret = 'a-secret-of-the-tests-of-the-audit-trail';
const folder = fileURLToPath(new URL('..', import.meta.url));

describeWith(['postgres'], 'the audit trail of the KPI API', () => {
  let database: TestDatabase;
  let service: Awaited<ReturnType<typeof startKpi>>;
  let db: Db;
  let url: string;
  let admin: KpiClient;
  let adminId: string;
  let made = 0;

  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    service = await startKpi({
      PORT: String(await freePort()),
      DATABASE_URL: database.url,
      JWT_SECRET: secret,
    });
    url = service.url ?? '';
    db = createDb(postgres(pg), { url: database.url });
    admin = await new KpiClient(url).logIn('admin');
    adminId = (await admin.get('/api/me')).body.user.id;
  });
  afterAll(async () => {
    await db.close();
    await service.close();
    await database.drop();
  });

  const witness = auditWitness({ folder, engine: 'postgres', secret, db: () => db });
  const { eventOf } = witness;

  function next(what: string): string {
    made += 1;
    return `${what}${made}`;
  }

  const password = 'a password of the tests';
  const registration = () => ({ email: `${next('new')}@kpi.example`, name: 'New', password });
  const register = async () => {
    const given = registration();
    const client = new KpiClient(url);
    const { user } = (await client.post('/api/auth/register', given)).body;
    return { client, user, given };
  };
  const team = async (): Promise<string> =>
    (await admin.post('/api/teams', { name: next('Team ') })).body.team.id;
  const objectiveOf = (teamId: string) =>
    admin.post('/api/objectives', { teamId, title: 'Grow', dueOn: '2026-12-31' });
  const objective = async (): Promise<string> => (await objectiveOf(await team())).body.objective.id;
  const keyResultOf = (id: string) =>
    admin.post(`/api/objectives/${id}/key-results`, { title: 'Sales', startValue: 0, targetValue: 10 });

  const scenarios: Readonly<Record<string, Scenario>> = {
    'POST /api/auth/register': {
      prepare: async () => () => new KpiClient(url).post('/api/auth/register', registration()),
      event: { action: 'account.register', changes: { role: { from: null, to: 'viewer' } } },
    },
    'POST /api/auth/login': {
      prepare: async () => () =>
        new KpiClient(url).post('/api/auth/login', { email: 'viewer@kpi.example', password: demoPassword }),
      event: { action: 'login', details: { by: 'cookie' } },
    },
    'POST /api/auth/token': {
      prepare: async () => () =>
        new KpiClient(url).post('/api/auth/token', { email: 'viewer@kpi.example', password: demoPassword }),
      event: { action: 'login', details: { by: 'token' } },
    },
    'POST /api/auth/logout': {
      async prepare() {
        const { client } = await register();
        return () => client.post('/api/auth/logout');
      },
      event: { action: 'logout', target: { type: 'account' } },
    },
    'POST /api/teams': {
      prepare: async () => () => admin.post('/api/teams', { name: next('Team ') }),
      event: { action: 'team.add', changes: { name: { from: null } } },
    },
    'POST /api/teams/:id/members': {
      async prepare() {
        const [id, { given }] = [await team(), await register()];
        return () => admin.post(`/api/teams/${id}/members`, { email: given.email, role: 'lead' });
      },
      event: { action: 'team.member', changes: { role: { from: null, to: 'lead' } } },
    },
    'DELETE /api/teams/:id/members/:userId': {
      async prepare() {
        const [id, { given, user }] = [await team(), await register()];
        await admin.post(`/api/teams/${id}/members`, { email: given.email, role: 'lead' });
        return () => admin.send('DELETE', `/api/teams/${id}/members/${user.id}`);
      },
      event: { action: 'team.removeMember', changes: { role: { from: 'lead', to: null } } },
    },
    'POST /api/objectives': {
      async prepare() {
        const id = await team();
        return () => objectiveOf(id);
      },
      event: { action: 'objective.add', changes: { title: { from: null, to: 'Grow' } } },
    },
    'PATCH /api/objectives/:id': {
      async prepare() {
        const id = await objective();
        return () => admin.send('PATCH', `/api/objectives/${id}`, { status: 'done' });
      },
      event: { action: 'objective.change', changes: { status: { from: 'active', to: 'done' } } },
    },
    'POST /api/objectives/:id/key-results': {
      async prepare() {
        const id = await objective();
        return () => keyResultOf(id);
      },
      event: { action: 'keyResult.add', changes: { title: { from: null, to: 'Sales' } } },
    },
    'POST /api/key-results/:id/check-ins': {
      async prepare() {
        const { id } = (await keyResultOf(await objective())).body.keyResult;
        return () => admin.post(`/api/key-results/${id}/check-ins`, { value: 4, confidence: 5 });
      },
      event: { action: 'checkIn.add', changes: { value: { from: 0, to: 4 } } },
    },
    'PATCH /api/users/:id': {
      async prepare() {
        const { user } = await register();
        return () => admin.send('PATCH', `/api/users/${user.id}`, { role: 'member' });
      },
      event: { action: 'account.change', changes: { role: { from: 'viewer', to: 'member' } } },
    },
  };

  it('[row 91] of every mutating route of the KPI API holds exactly one record, with who it was, and before and after', async () => {
    expect(witness.mutatingRoutes()).toEqual(Object.keys(scenarios).sort());
    for (const [route, { prepare, event }] of Object.entries(scenarios)) {
      const [status, recorded] = await eventOf(await prepare());
      expect(status, route).toBeLessThan(300);
      expect(recorded, route).toMatchObject({ outcome: 'success', ...event });
      expect(recorded.actor, route).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('[row 91] of the KPI API has failed logins, what was denied and refused, and reads of personal data', async () => {
    for (const path of ['/api/auth/login', '/api/auth/token']) {
      const [status, failed] = await eventOf(() =>
        new KpiClient(url).post(path, { email: 'viewer@kpi.example', password: 'not this one' }),
      );
      expect(status).toBe(401);
      expect(failed).toMatchObject({
        actor: null,
        action: 'login',
        target: { email: 'viewer@kpi.example' },
        outcome: 'failure',
        details: { reason: 'INVALID_CREDENTIALS' },
      });
      expect(JSON.stringify(failed)).not.toContain('not this one');
    }
    const { client, user } = await register();
    const [, denied] = await eventOf(() => client.post('/api/teams', { name: 'Mine' }));
    expect(denied).toMatchObject({ actor: user.id, action: 'POST /api/teams', outcome: 'denied' });
    const [, refused] = await eventOf(() => admin.post('/api/teams', {}));
    expect(refused).toMatchObject({ actor: adminId, action: 'POST /api/teams', outcome: 'failure' });
    const id = await team();
    for (const [path, event] of [
      ['/api/users?search=new', { action: 'account.list', details: { filter: { search: 'new' } } }],
      [`/api/teams/${id}`, { action: 'team.read', target: { type: 'team', id } }],
    ] as const) {
      const [, read] = await eventOf(() => admin.get(path));
      expect(read).toMatchObject({ actor: adminId, outcome: 'success', ...event });
    }
  });

  it('of the KPI API is a chain that verifies, in tables that the migration makes as the audit log wants them', async () => {
    await witness.expectChain();
  });

  // Last: the failures are noted behind the answers, some when the trail is there again.
  it('[row 91] of the KPI API stands in the transaction of the change: without the record nothing is changed', async () => {
    const state = async () => {
      const tables = ['users', 'teams', 'team_members', 'objectives', 'key_results', 'check_ins'];
      const digest = (table: string) =>
        db.one(sql`select md5(string_agg(t::text, ',' order by t::text)) as digest from ${sql.id(table)} t`);
      return JSON.stringify(await Promise.all(tables.map(digest)));
    };
    await witness.expectNothingWithoutRecord(scenarios, state);
  });
});
