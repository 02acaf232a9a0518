import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { S3 } from '@aws-sdk/client-s3';
import { createBackups, files, s3 } from '@seaworthy/backup';
import { startS3 } from '@seaworthy/testkit';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from './support/fixtures.js';

it('a backup in a bucket opens by each key after it was given to other keys, and once more', async () => {
  const fake = await startS3();
  onTestFinished(() => fake.close());
  const client = new S3({ ...fake.config, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  const root = await temporaryFolder();
  await writeFile(join(root, 'a.txt'), 'what matters');
  const keys = await Promise.all([1, 2, 3].map(() => generateX25519Identity()));
  const [old = '', next = '', last = ''] = keys;
  await using backups = createBackups({
    sources: { app: files({ root }) },
    targets: [s3({ client, bucket: 'b' })],
    encrypt: { recipients: [await identityToRecipient(old)] },
  });
  const { id } = await backups.run();
  await backups.rewrap(id, { identity: old, recipients: [await identityToRecipient(next)] });
  await backups.rewrap(id, { identity: next, recipients: [await identityToRecipient(last)] });
  for (const identity of keys) {
    const to = join(await temporaryFolder(), 'restored');
    await backups.restore(id, { to: files({ root: to }), confirm: to, identity });
    expect(await readFile(join(to, 'a.txt'), 'utf8')).toBe('what matters');
  }
  expect(await backups.verify(id, { identity: last })).toMatchObject({ ok: true, level: 'structure' });
});
