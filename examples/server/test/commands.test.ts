import { fileURLToPath } from 'node:url';
import { createTestDatabase, describeWith, spawnNode, type TestDatabase } from '@seaworthy/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

describeWith(['postgres'], 'the commands of the KPI backend', () => {
  behaves('kpi-app/backend', 'postgres');
});

describeWith(['mysql'], 'the commands of the CRM', () => {
  behaves('crm-app/server', 'mysql');
});

/** `npm run db:migrate` and `npm run db:seed`, as an operator runs them. */
function behaves(application: string, engine: 'postgres' | 'mysql'): void {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase(engine);
  });
  afterAll(() => database?.drop());

  async function run(command: string): Promise<string> {
    const script = fileURLToPath(new URL(`../../${application}/dist/${command}.js`, import.meta.url));
    const env = { NODE_ENV: 'test', DATABASE_URL: database.url };
    await using node = spawnNode(script, { env });
    expect([await node.exited, node.stderr]).toEqual([{ code: 0, signal: null }, '']);
    const lines = node.stdout.trim().split('\n');
    return lines.at(-1) ?? '';
  }

  it('bring the schema up to date and put the demonstration’s data in, each once', async () => {
    expect(await run('migrate')).toMatch(/"The schema is up to date".*"applied":\[.*deactivation/);
    expect(await run('migrate')).toMatch(/"The schema is up to date".*"applied":\[\]/);
    expect(await run('seed/main')).toContain('Demonstration data added');
    expect(await run('seed/main')).toContain('There is data already, nothing was added');
  });
}
