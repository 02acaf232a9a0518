import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBackups, local, mysql } from '@seaworthy/backup';
import { createTestDatabase, describeWith, type TestDatabase, waitFor } from '@seaworthy/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCrm } from './crm-client.js';

describeWith(['mysql'], 'the backups of the CRM', () => {
  let database: TestDatabase;
  let folder: string;

  beforeAll(async () => {
    database = await createTestDatabase('mysql');
    folder = await mkdtemp(join(tmpdir(), 'crm-backups-'));
  });
  afterAll(async () => {
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('the first one is made at the start, restored and checked, and the health report shows both', async () => {
    await using service = await startCrm(database.url, {
      BACKUP_FOLDER: folder,
      DRILL_URL: database.adminUrl,
    });
    const key = service.context.config.BUILT_IN_FORGE_API_KEY.reveal();
    const shown = await waitFor(
      async () => {
        const answer = await fetch(`${service.url}/health`, { headers: { authorization: `Bearer ${key}` } });
        const body = await answer.text();
        return body.includes('verifiedAt') ? body : undefined;
      },
      { what: 'a backup that was restored', timeoutMs: 150_000 },
    );
    expect(shown).toContain('"lastDrill":"passed"');
    const backups = createBackups({
      sources: { crm: mysql({ url: database.url }) },
      targets: [local(folder)],
    });
    const { lastBackup, lastVerified, count } = await backups.status();
    expect(count).toBe(1);
    expect(lastVerified?.id).toBe(lastBackup?.id);
    expect(shown).toContain(`"madeAt":"${lastBackup?.madeAt.toISOString()}"`);
  }, 180_000);
});
