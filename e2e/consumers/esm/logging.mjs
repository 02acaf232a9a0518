import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { OptionsError } from '@seaworthy/contracts';
import { createLogger, withContext } from '@seaworthy/logging';
import { createAuditLog, verifyAudit } from '@seaworthy/logging/audit';
import { folder, linesOf, newLogger, used } from './setting.mjs';

await used('logging', async () => {
  const logger = newLogger();
  withContext({ jobId: 'j-1' }, () => logger.info('Paid', { orderId: 7, password: 'hunter2' }));
  await logger.close();
  const [line] = await linesOf();
  assert.equal(line.message, 'Paid');
  assert.equal(line.jobId, 'j-1');
  assert.equal(line.password, '[redacted]');
  assert.throws(
    () => createLogger({ service: 'consumer', enviroment: 'test' }),
    (error) => OptionsError.is(error),
  );
});

await used('logging/audit', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const records = join(folder, 'audit');
  const audit = await createAuditLog({ folder: records, key: privateKey, environment: 'test' });
  await audit.record({ action: 'note.add', actor: 7, target: { id: 1 }, outcome: 'success' });
  await audit.close();
  const { ok } = await verifyAudit(records, { publicKeys: [publicKey] });
  assert.equal(ok, true);
});
