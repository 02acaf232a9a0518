// Compiled, without a change, by every TypeScript and under every module setting that the test lists; then run.

import { createServer } from 'node:http';
import { resolve } from 'node:path';
import {
  type Backups,
  createBackups,
  local as localTarget,
  postgres as postgresSource,
} from '@seaworthy/backup';
import { connectRedis, type RedisConnection } from '@seaworthy/cache';
import { defineConfig, env } from '@seaworthy/config';
import { OptionsError, type Secret } from '@seaworthy/contracts';
import { createDb, type Db, DbError, sql } from '@seaworthy/db-pool';
import { createMigrations, type Migrations } from '@seaworthy/db-pool/migrations';
import { mysql } from '@seaworthy/db-pool/mysql';
import { pglite } from '@seaworthy/db-pool/pglite';
import { postgres } from '@seaworthy/db-pool/postgres';
import { createHealth, local, memory, remote } from '@seaworthy/health';
import { healthEndpoints as expressHealth } from '@seaworthy/health/express';
import { healthEndpoints as fastifyHealth } from '@seaworthy/health/fastify';
import { healthEndpoints as nodeHealth } from '@seaworthy/health/node';
import { createLogger, file } from '@seaworthy/logging';
import { requestLog as expressLog } from '@seaworthy/logging/express';
import { requestLog as fastifyLog } from '@seaworthy/logging/fastify';
import { messageClasses } from '@seaworthy/logging/message-classes';
import { requestLog as nodeLog } from '@seaworthy/logging/node';
import { createSecurity, policy, redisStore } from '@seaworthy/security';
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
import { useSubpaths } from './use-subpaths.js';

const schema = defineConfig({
  fields: {
    APP_ENV: env.profile(),
    PORT: env.port({ allowZero: true }),
    API_KEY: env.string().secret({ minBytes: 4 }),
    REGION: z.enum(['eu', 'us']).default('eu'),
    REDIS_URL: env.url({ protocols: ['redis:'] }).optional(),
  },
});

/** Equal types, not merely assignable ones: `any` from a resolution that failed would not pass. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Config = ReturnType<typeof schema.load>;
const exact: [
  Same<Config['PORT'], number>,
  Same<Config['API_KEY'], Secret>,
  Same<Config['REGION'], 'eu' | 'us'>,
  Same<Config['REDIS_URL'], string | undefined>,
] = [true, true, true, true];

const nowhere = '127.0.0.1:1';

function databases(): Db[] {
  return [
    createDb(postgres(pg), { url: `postgres://app:pw@${nowhere}/app`, pool: { max: 2 } }),
    createDb(mysql(mysql2), { url: `mysql://app:pw@${nowhere}/app` }),
    createDb(pglite(), { connection: {} }),
  ];
}

async function main(): Promise<void> {
  const logger = createLogger({
    service: 'typescript',
    environment: 'test',
    sinks: [file('typescript.log')],
    process: false,
  });
  const redis: RedisConnection<Redis> = connectRedis(Redis, {
    url: `redis://${nowhere}`,
    required: false,
    reconnect: { attempts: 1 },
  });
  const security = createSecurity({
    limits: {
      store: redisStore(redis.commands, { prefix: 't', hashKeys: 'k'.repeat(32) }),
      policies: [policy('ip', { limit: 9, per: '1m' })],
    },
    logger,
  });
  const dbs = databases();
  const [db] = dbs;
  if (db === undefined) throw new Error('no database');
  const migrations: Migrations = createMigrations(db, { folder: 'migrations' });
  const health = createHealth({
    checks: { memory: local(memory()), database: remote(db.healthCheck(), { critical: false }) },
    signals: false,
    logger,
  });
  const backups: Backups = createBackups({
    sources: { app: postgresSource({ url: `postgres://app:pw@${nowhere}/app` }) },
    targets: [localTarget(resolve('backups'))],
  });

  const app = express();
  app.use(expressLog(logger), expressHealth(health), expressSecure(security));
  app.get('/', (request, response) => void response.send(securityOf(request).client.ip));
  createServer(messageClasses(app), app);

  const fast = fastify();
  await fast.register(fastifyLog(logger));
  await fast.register(fastifyHealth(health));
  await fast.register(fastifySecure(security));

  const [endpoints, guard] = [nodeHealth(health), nodeSecure(security)];
  const requests = nodeLog(logger);
  createServer((request, response) =>
    requests(request, response, () =>
      endpoints(request, response, () => guard(request, response, () => response.end('hello'))),
    ),
  );

  const builder = createService({ name: 'typescript', version: '1.0.0', config: schema, signals: false })
    .resource('db', () => createDb(pglite(), { url: 'memory://' }))
    .health(({ db }) => ({ checks: { database: remote(db.healthCheck()) } }))
    .http(
      () => app,
      ({ config }) => ({ port: config.PORT }),
    );

  // @ts-expect-error: a remote check may not decide about life
  const refused = () => createHealth({ checks: { db: remote(() => Promise.resolve()) }, live: ['db'] });

  const failure: unknown = await db
    .one<{ one: number }>(sql`select 1 as one`)
    .catch((error: unknown) => error);
  if (!DbError.is(failure)) throw new Error('a database that is down must be a DbError', { cause: failure });
  const code: string = failure.code;
  const subpaths = await useSubpaths(health);

  await Promise.all([...dbs, redis, backups, fast].map((each) => each.close()));
  await security.close();
  await health.close();
  await logger.close();
  console.log(
    JSON.stringify([
      exact,
      code,
      subpaths,
      typeof builder.start,
      typeof refused,
      typeof migrations.up,
      OptionsError.kind,
    ]),
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
