import { fileURLToPath } from 'node:url';
import { retentionPresets } from '@seaworthy/backup';
import { createMigrations } from '@seaworthy/db-pool/migrations';
import { createMetrics, disk, local, memory, remote } from '@seaworthy/health';
import { clientIp, policy, presets } from '@seaworthy/security';
import { createService, type ServiceOptions } from '@seaworthy/service';
import { loginGuard, nightlyBackups, optionalRedis, servedCertificate } from '@seaworthy-example/server';
import { createApp } from './app.js';
import { ofEmbedded, ofPostgres } from './backed-up.js';
import { schema } from './config.js';
import { openDatabase } from './open-database.js';
import { embeddedStart } from './open-embedded.js';
import { redisUrl } from './redis-url.js';
import { seed } from './seed/seed.js';

export const migrations = fileURLToPath(new URL('../migrations', import.meta.url));

/** Where passwords can be guessed and accounts be made. */
const logins = ['/api/auth/login', '/api/auth/token', '/api/auth/register'];

/** Health answers under both, and whoever probes must not be told to come back later. */
const probed = ['', '/api'].flatMap((prefix) =>
  ['/livez', '/readyz', '/startupz', '/health'].map((path) => `${prefix}${path}`),
);

/** The KPI API, from its configuration to its port. */
export function kpiBackend(options: Pick<ServiceOptions<object>, 'sources' | 'signals'> = {}) {
  return createService({
    name: 'kpi-backend',
    version: '1.0.0',
    config: schema,
    ...options,
    logging: (config) => ({ level: config.LOG_LEVEL }),
  })
    .resource('metrics', () => createMetrics())
    .startup('certificate', ({ config }, signal) =>
      servedCertificate(config.CERTIFICATE_FILE).mustNotHaveEnded(signal),
    )
    .resource('db', ({ config, logger, metrics }) => openDatabase(config, logger, metrics), {
      timeout: embeddedStart,
    })
    .resource('redis', ({ config, logger }) =>
      optionalRedis({
        url: redisUrl(config),
        required: config.REDIS_REQUIRED,
        environment: config.NODE_ENV,
        logger,
      }),
    )
    .resource('logins', (parts) => loginGuard('kpi', parts))
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
        name: 'kpi',
        folder: config.BACKUP_FOLDER,
        ...(db.embedded === undefined ? ofPostgres(config) : ofEmbedded(db.embedded, config)),
        invariants: {
          'every key result has an objective': async ({ query }) =>
            (await query('select count(*) from key_results where objective_id is null'))[0]?.[0] === '0',
        },
        retention: retentionPresets.kpi,
        db,
        metrics,
        logger,
      }),
    )
    .health(({ config, db, redis, backups, metrics, environment }) => ({
      metrics,
      checks: {
        database: remote(db.healthCheck(), { enabled: config.HEALTH_CHECK_DATABASE }),
        redis: remote(redis.healthCheck(), {
          critical: config.REDIS_REQUIRED,
          enabled: config.HEALTH_CHECK_REDIS,
        }),
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
        memory: local(memory()),
        disk: local(disk(process.cwd())),
      },
      live: [],
      ready: config.HEALTH_CHECK_DATABASE ? ['database'] : [],
      format: 'nested',
      prefix: '/api',
      enabled: config.HEALTH_CHECK_ENABLED,
      details: () => environment === 'development',
    }))
    .security(({ config, redis, metrics }) => ({
      metrics,
      ...presets.kpi,
      headers: { profile: 'api' },
      clientIp: clientIp({ trust: config.TRUSTED_PROXIES }),
      cors: {
        ...presets.kpi.cors,
        methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        origins: config.CORS_ORIGIN,
      },
      csrf: { trustedOrigins: config.CORS_ORIGIN },
      limits: {
        ...presets.kpi.limits,
        except: probed,
        policies: [
          policy('ip', {
            limit: config.RATE_LIMIT_MAX_REQUESTS,
            per: config.RATE_LIMIT_WINDOW_MS,
            paths: ['/api/'],
          }),
          policy('login', { limit: config.LOGIN_LIMIT, per: '15m', paths: logins }),
        ],
        store: redis.limitStore({ prefix: 'kpi', hashKeys: config.JWT_SECRET }),
      },
    }))
    .http(
      ({ config, environment, logger, db, health, metrics, security, logins }) =>
        createApp({ config, environment, logger, db, health, metrics, security, logins }),
      ({ config }) => ({ port: config.PORT, host: config.HOST }),
    );
}
