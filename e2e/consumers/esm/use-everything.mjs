// Uses every entry of every package from the packed tarballs; prints the names of what worked, one a line.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBackups, local as localTarget, postgres as postgresSource } from '@seaworthy/backup';
import { connectRedis, RedisError } from '@seaworthy/cache';
import { ConfigError, defineConfig, env } from '@seaworthy/config';
import { OptionsError, parseDuration, SeaworthyError, Secret } from '@seaworthy/contracts';
import { createDb, DbError, sql } from '@seaworthy/db-pool';
import { createMigrations } from '@seaworthy/db-pool/migrations';
import { mysql } from '@seaworthy/db-pool/mysql';
import { pglite } from '@seaworthy/db-pool/pglite';
import { postgres } from '@seaworthy/db-pool/postgres';
import { createHealth, local, memory } from '@seaworthy/health';
import { healthEndpoints as expressHealth } from '@seaworthy/health/express';
import { healthEndpoints as fastifyHealth } from '@seaworthy/health/fastify';
import { healthEndpoints as nodeHealth } from '@seaworthy/health/node';
import { createLogger, file, withContext } from '@seaworthy/logging';
import { requestLog as expressLog } from '@seaworthy/logging/express';
import { requestLog as fastifyLog } from '@seaworthy/logging/fastify';
import { requestLog as nodeLog } from '@seaworthy/logging/node';
import { createSecurity, memoryStore, policy } from '@seaworthy/security';
import { secure as expressSecure, securityOf } from '@seaworthy/security/express';
import { secure as fastifySecure } from '@seaworthy/security/fastify';
import { secure as nodeSecure } from '@seaworthy/security/node';
import { createService } from '@seaworthy/service';
import express from 'express';
import fastify from 'fastify';
import { Redis } from 'ioredis';
import mysql2 from 'mysql2';
import pg from 'pg';
import * as z from 'zod';

const folder = await mkdtemp(join(tmpdir(), 'seaworthy-consumer-'));
/** Nothing listens on the port 1 of this machine: a server that is down. */
const nowhere = '127.0.0.1:1';

async function used(name, work) {
  await work();
  console.log(name);
}

const schema = defineConfig({
  fields: {
    APP_ENV: env.profile(),
    PORT: env.port({ allowZero: true }),
    API_KEY: env.string().secret(),
    REGION: z.enum(['eu', 'us']).default('eu'),
  },
});
const variables = { APP_ENV: 'test', PORT: '0', API_KEY: 'q8Zp2Lx0Vb7Nc4Tm6Hw1Rk9Ds3Gf5JyE2' };
const sources = { env: variables, cwd: folder };

await used('contracts', () => {
  assert.equal(parseDuration('1m30s'), 90_000);
  assert.equal(`${new Secret('KEY', 'x')}`, '[secret KEY]');
});

await used('config', () => {
  const config = schema.load(sources);
  assert.equal(config.PORT, 0);
  assert.equal(config.REGION, 'eu');
  assert.ok(Secret.is(config.API_KEY));
  assert.throws(
    () => schema.load({ env: {}, cwd: folder }),
    (error) => ConfigError.is(error) && SeaworthyError.is(error) && error.problems.length === 2,
  );
});

const logFile = join(folder, 'service.log');
const newLogger = () =>
  createLogger({ service: 'consumer', environment: 'test', sinks: [file(logFile)], process: false });
const linesOf = async () =>
  (await readFile(logFile, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

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

await used('db-pool, db-pool/pglite, db-pool/migrations', async () => {
  const migrations = join(folder, 'migrations');
  await mkdir(migrations);
  await writeFile(
    join(migrations, '0001_notes.up.sql'),
    'create table notes (id int primary key, text text not null);',
  );
  await writeFile(join(migrations, '0001_notes.down.sql'), 'drop table notes;');
  const db = createDb(pglite(), { url: 'memory://' });
  await db.ready();
  await createMigrations(db, { folder: migrations }).up();
  await db.transaction((tx) => tx.exec(sql`insert into notes ${sql.row({ id: 1, text: "o'hara" })}`));
  assert.deepEqual(await db.one(sql`select id, text from notes where id = ${1}`), { id: 1, text: "o'hara" });
  await assert.rejects(db.exec(sql`insert into notes ${sql.row({ id: 1, text: 'again' })}`), (error) =>
    DbError.is(error),
  );
  await db.close();
});

for (const [name, driver, url] of [
  ['db-pool/postgres', postgres(pg), `postgres://app:pw-canary@${nowhere}/app`],
  ['db-pool/mysql', mysql(mysql2), `mysql://app:pw-canary@${nowhere}/app`],
]) {
  await used(name, async () => {
    const db = createDb(driver, { url });
    await assert.rejects(
      db.one(sql`select 1 as one`),
      (error) => DbError.is(error) && error.message.includes(nowhere) && !error.message.includes('pw-canary'),
    );
    await db.close();
  });
}

await used('cache', async () => {
  const redis = connectRedis(Redis, {
    url: `redis://${nowhere}`,
    required: false,
    reconnect: { attempts: 1 },
  });
  await assert.rejects(redis.commands.call('GET', 'greeting'), (error) => RedisError.is(error));
  await redis.close();
  assert.equal(redis.status, 'closed');
});

await used('backup', async () => {
  const backups = createBackups({
    sources: { app: postgresSource({ url: `postgres://app:pw@${nowhere}/app` }) },
    targets: [localTarget(join(folder, 'backups'))],
  });
  assert.deepEqual(await backups.list(), []);
  await backups.close();
});

const newSecurity = () =>
  createSecurity({ limits: { policies: [policy('ip', { limit: 2, per: '1m' })], store: memoryStore() } });
const newHealth = () => createHealth({ checks: { memory: local(memory()) }, signals: false });

await used('security', async () => {
  const security = newSecurity();
  const view = {
    method: 'POST',
    url: '/orders',
    host: 'shop.example',
    peer: '203.0.113.9',
    encrypted: true,
    header: (name) => (name === 'origin' ? 'https://evil.example' : undefined),
  };
  const { verdict } = await security.decide(view);
  assert.equal(verdict.kind, 'deny');
  assert.equal(verdict.code, 'CROSS_ORIGIN_REQUEST');
  await security.close();
});

await used('health', async () => {
  const health = newHealth();
  const answer = await health.answer({ method: 'GET', url: '/livez', headers: {}, socket: {} });
  assert.equal(answer.statusCode, 200);
  await health.close();
});

/** Health, guard and request log of one host, as a client meets them. */
async function meet(url, health, security, logger) {
  assert.equal((await fetch(`${url}/livez`)).status, 200);
  const first = await fetch(`${url}/hello`);
  assert.equal(await first.text(), 'hello');
  assert.equal(first.headers.get('x-content-type-options'), 'nosniff');
  assert.ok(first.headers.get('x-request-id'));
  await fetch(`${url}/hello`);
  assert.equal((await fetch(`${url}/hello`)).status, 429);
  await health.close();
  await security.close();
  await logger.close();
  const statuses = (await linesOf())
    .filter((line) => line.message === 'Request completed')
    .map((line) => line.statusCode);
  assert.deepEqual(statuses.slice(-3), [200, 200, 429]);
}

const listening = (server) =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`)),
  );

await used('health/node, logging/node, security/node', async () => {
  const [health, security, logger] = [newHealth(), newSecurity(), newLogger()];
  const log = nodeLog(logger, { ignore: ['/livez'] });
  const [endpoints, guard] = [nodeHealth(health), nodeSecure(security)];
  const server = createServer((request, response) =>
    log(request, response, () =>
      endpoints(request, response, () =>
        guard(request, response, (error) =>
          error === undefined ? response.end('hello') : response.destroy(error),
        ),
      ),
    ),
  );
  await meet(await listening(health.serve(server)), health, security, logger);
});

await used('health/express, logging/express, security/express', async () => {
  const [health, security, logger] = [newHealth(), newSecurity(), newLogger()];
  const app = express();
  app.use(expressLog(logger, { ignore: ['/livez'] }), expressHealth(health), expressSecure(security));
  app.get('/hello', (request, response) => {
    assert.equal(securityOf(request).client.ip, '127.0.0.1');
    response.send('hello');
  });
  await meet(await listening(health.serve(createServer(app))), health, security, logger);
});

await used('health/fastify, logging/fastify, security/fastify', async () => {
  const [health, security, logger] = [newHealth(), newSecurity(), newLogger()];
  const app = fastify();
  await app.register(fastifyLog(logger, { ignore: ['/livez'] }));
  await app.register(fastifyHealth(health));
  await app.register(fastifySecure(security));
  app.get('/hello', () => 'hello');
  health.serve(app.server);
  health.stop('workers', 'fastify', () => app.close());
  await meet(await app.listen({ port: 0, host: '127.0.0.1' }), health, security, logger);
});

await used('service', async () => {
  const closed = [];
  const service = await createService({
    name: 'consumer',
    version: '1.0.0',
    config: schema,
    sources,
    signals: false,
    logging: () => ({ sinks: [file(logFile)] }),
  })
    .resource('adder', () => ({ add: (a, b) => a + b, close: async () => closed.push('adder') }))
    .security(() => ({ headers: { profile: 'api' } }))
    .http(
      ({ adder, security }) => {
        const app = express();
        app.use(expressSecure(security));
        app.get('/sum', (_request, response) => response.json({ sum: adder.add(1, 1) }));
        return app;
      },
      ({ config }) => ({ port: config.PORT }),
    )
    .start();
  assert.deepEqual(await (await fetch(`${service.url}/sum`)).json(), { sum: 2 });
  await service.close();
  assert.deepEqual(closed, ['adder']);
});

await rm(folder, { recursive: true });
