import { createBackups, local, mysql, scratchMysql } from '@seaworthy/backup';
import { createTestDatabase, describeWith, startMariadb } from '@seaworthy/testkit';
import { expect, it } from 'vitest';
import { sql, temporaryFolder } from './support/fixtures.js';

describeWith(['mysql'], 'a backup of MySQL is whole', () => {
  it('with rows that are longer as a statement than a client takes by itself, which come back where the server takes them', async () => {
    await using server = await startMariadb({ settings: { max_allowed_packet: '128M' } });
    const at = (database: string): string => server.url.replace(/\/[^/]*$/, `/${database}`);
    await sql(
      server.url,
      'create database source',
      'create database target',
      'create table source.blobs (id int primary key, body longblob)',
      `insert into source.blobs values (1, repeat('x', 26000000))`,
    );
    // A server of the usual 16 MB refuses them: that is told, and says nothing of the backup.
    await using small = await createTestDatabase('mysql');
    await using backups = createBackups({
      sources: { crm: mysql({ url: at('source') }) },
      targets: [local(await temporaryFolder())],
      drill: { into: { crm: scratchMysql({ url: small.adminUrl }) } },
    });
    const { id } = await backups.run();
    const force = ['same-server'] as const;
    await backups.restore(id, { to: mysql({ url: at('target') }), confirm: 'target', force });
    expect(await sql(at('target'), 'select id, length(body) as bytes from blobs')).toEqual([
      { id: 1, bytes: 26_000_000 },
    ]);
    await expect(backups.drill()).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringMatching(/ERROR \d+ .*max_allowed_packet/),
    });
    expect((await backups.status()).lastDrill).toBeUndefined();
  });
});
