import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, describeWith, freePort } from '@seaworthy/testkit';
import { afterAll, beforeAll, describe } from 'vitest';
import { accounts } from './behaviours/accounts.js';
import { objectives } from './behaviours/objectives.js';
import { requests } from './behaviours/requests.js';
import { sessions } from './behaviours/sessions.js';
import { teams } from './behaviours/teams.js';
import { KpiClient, startKpi } from './kpi-client.js';

describe('the KPI API on the embedded database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kpi-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  behaves(async () => ({ DATA_DIR: join(folder, 'data') }));
});

describeWith(['postgres'], 'the KPI API on PostgreSQL', () => {
  let drop: () => Promise<void>;
  afterAll(() => drop());
  behaves(async () => {
    const database = await createTestDatabase('postgres');
    drop = () => database.drop();
    return { DATABASE_URL: database.url };
  });
});

/** One file of behaviours, whatever the database is. */
function behaves(databaseVariables: () => Promise<Readonly<Record<string, string>>>): void {
  let service: Awaited<ReturnType<typeof startKpi>>;
  const person = () => new KpiClient(service.url ?? '');

  beforeAll(async () => {
    service = await startKpi({ PORT: String(await freePort()), ...(await databaseVariables()) });
  });
  afterAll(() => service.close());

  sessions(person);
  accounts(person);
  teams(person);
  objectives(person);
  requests(person);
}
