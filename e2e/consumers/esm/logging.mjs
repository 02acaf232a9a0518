import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { OptionsError } from '@seaworthy/contracts';
import { createLogger, withContext } from '@seaworthy/logging';
import { createAuditLog, verifyAudit } from '@seaworthy/logging/audit';
import { initSentry } from '@seaworthy/logging/sentry';
import { initSentry as initInPage } from '@seaworthy/logging/sentry-browser';
import { elasticsearch, shipping } from '@seaworthy/logging/shipping';
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

await used('logging/sentry, logging/sentry-browser', async () => {
  const about = { dsn: undefined, environment: 'test', release: 'consumer@1' };
  const missing = () => assert.fail('Sentry is not loaded without a DSN');
  const sentry = await initSentry(missing, about);
  sentry.captureException(new Error('nowhere'));
  assert.equal(sentry.enabled, false);
  await sentry.close();
  await assert.rejects(initSentry(missing, { ...about, relase: '1' }), (error) => OptionsError.is(error));
  initInPage({ init: missing, makeFetchTransport: missing }, about);
});

await used('logging/shipping', async () => {
  const sent = [];
  const bulk = async ({ operations }) => {
    const items = operations.filter((_, index) => index % 2 === 0);
    sent.push(...operations.filter((_, index) => index % 2 === 1));
    return { errors: false, items: items.map(() => ({ create: { status: 201 } })) };
  };
  const shipped = shipping(join(folder, 'spool'), elasticsearch({ bulk }, { index: 'logs' }));
  const logger = createLogger({ service: 'consumer', environment: 'test', sinks: [shipped], process: false });
  logger.info('Shipped', { password: 'hunter2' });
  await logger.close();
  assert.equal(JSON.parse(sent[0]).password, '[redacted]');
  assert.equal(shipped.stats().sent, 1);
});
