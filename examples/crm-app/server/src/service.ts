import { fileURLToPath } from 'node:url';
import { mysql, retentionPresets, type Scratch, scratchMysql } from '@seaworthy/backup';
import type { Secret } from '@seaworthy/contracts';
import { createMigrations } from '@seaworthy/db-pool/migrations';
import { createMetrics, local, remote } from '@seaworthy/health';
import { clientIp, policy, presets } from '@seaworthy/security';
import { createService, type ServiceOptions } from '@seaworthy/service';
import { loginGuard, nightlyBackups, optionalRedis, servedCertificate } from '@seaworthy-example/server';
import { createApp } from './app.js';
import { schema } from './config.js';
import { openDatabase } from './open-database.js';
import { seed } from './seed/seed.js';

export const migrations = fileURLToPath(new URL('../migrations', import.meta.url));

/** The CRM, from its configuration to its port. */
export function crmServer(options: Pick<ServiceOptions<object>, 'sources' | 'signals'> = {}) {
  return createService({
    name: 'crm',
    version: '1.0.0',
    config: schema,
    ...options,
    logging: (config) => ({ level: config.LOG_LEVEL }),
  })
    .resource('metrics', () => createMetrics())
    .startup('certificate', ({ config }, signal) =>
      servedCertificate(config.CERTIFICATE_FILE).mustNotHaveEnded(signal),
    )
    .resource('db', ({ config, logger, metrics }) => openDatabase(config, logger, metrics), { timeout: '2m' })
    .resource('redis', ({ config, logger }) =>
      optionalRedis({ url: config.REDIS_URL, required: false, environment: config.NODE_ENV, logger }),
    )
    .resource('logins', (parts) => loginGuard('crm', parts))
    .startup(
      'migrations',
      ({ config, db, logger }, signal) =>
        createMigrations(db, { folder: migrations, environment: config.NODE_ENV, logger }).up({ signal }),
      { timeout: '10m' },
    )
    .startup('seed', async ({ config, db, logger }) => {
      if (config.SEED && (await seed(db, new Date()))) logger.info('Demonstration data added');
    })
    .resource('backups', ({ config, logger, metrics, db }) =>
      nightlyBackups({
        name: 'crm',
        folder: config.BACKUP_FOLDER,
        source: () => mysql({ url: config.DATABASE_URL, fingerprint: 'hash' }),
        scratch: scratchAt(config.DRILL_URL),
        invariants: {
          'every invoice has a client': async ({ query }) =>
            (await query('select count(*) from invoices where client_id is null'))[0]?.[0] === '0',
        },
        retention: retentionPresets.crm,
        db,
        metrics,
        logger,
      }),
    )
    .health(({ config, db, redis, backups, metrics }) => ({
      metrics,
      checks: {
        database: remote(db.healthCheck()),
        cache: remote(redis.healthCheck(), { critical: false }),
        backup: remote(backups.healthCheck(), {
          critical: false,
          enabled: backups.enabled,
          interval: '15s',
          timeout: '10s',
        }),
        certificate: local(servedCertificate(config.CERTIFICATE_FILE).healthCheck(), {
          critical: false,
          enabled: config.CERTIFICATE_FILE !== undefined,
          interval: '1h',
        }),
      },
      ready: ['database'],
      format: 'flat',
      details: (request) =>
        config.BUILT_IN_FORGE_API_KEY.equals(bearerOf(request.header('authorization')) ?? ''),
    }))
    .security(({ config, redis, metrics }) => ({
      metrics,
      ...presets.crm,
      clientIp: clientIp({ trust: config.TRUSTED_PROXIES }),
      limits: {
        policies: [
          policy('ip', { limit: config.RATE_LIMIT_PER_MINUTE, per: '1m', paths: ['/api/'] }),
          policy('login', { limit: config.LOGIN_LIMIT, per: '15m', paths: ['/api/auth/login'] }),
        ],
        store: redis.limitStore({ prefix: 'crm', hashKeys: config.JWT_SECRET }),
      },
    }))
    .http(
      ({ config, environment, logger, db, health, metrics, security, logins }) =>
        createApp({ config, environment, logger, db, health, metrics, security, logins }),
      ({ config }) => ({ port: config.PORT, host: config.HOST }),
    );
}

function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer (\S+)$/.exec(header ?? '')?.[1];
}

function scratchAt(url: Secret | undefined): (() => Scratch) | undefined {
  return url === undefined ? undefined : () => scratchMysql({ url });
}
