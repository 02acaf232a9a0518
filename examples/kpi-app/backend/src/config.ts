import { defineConfig, env } from '@seaworthy/config';
import { agreesWithUrl } from './redis-url.js';

/** The variables of the KPI API. `.env.example` and the table in the README are written from here. */
export const schema = defineConfig({
  fields: {
    NODE_ENV: env
      .profile()
      .describe('development, test, staging or production; anything else counts as production.'),
    HOST: env
      .string()
      .default('127.0.0.1')
      .describe('Where the API listens; :: to be reached from outside, as in a container.'),
    PORT: env.port().default(3001).describe('The port of the API.'),
    DATABASE_URL: env
      .url({ protocols: ['postgres:', 'postgresql:'] })
      .secret()
      .optional()
      .describe('PostgreSQL. Without it development and test use an embedded database.'),
    DATABASE_START_TIMEOUT: env
      .duration({ min: '1s', max: '1m' })
      .default('30s')
      .describe('How long a start waits for the database to answer.'),
    DATA_DIR: env.string().default('.data/kpi').describe('The folder of the embedded database.'),
    BACKUP_FOLDER: env
      .string()
      .optional()
      .describe('Where a backup of the database goes every night; without it there is none.'),
    DRILL_URL: env
      .url({ protocols: ['postgres:', 'postgresql:'] })
      .secret()
      .optional()
      .describe(
        'A server where the newest backup of PostgreSQL is restored once a month, by a user who may create databases.',
      ),
    JWT_SECRET: env
      .string()
      .secret()
      .default('development-secret-key-change-in-production', { only: ['development', 'test'] })
      .describe('Signs the session tokens.'),
    JWT_EXPIRES_IN: env.duration({ min: '1m', max: '30d' }).default('7d').describe('How long a login lasts.'),
    CORS_ORIGIN: env
      .list(env.origin())
      .default(['http://localhost:3000'], { only: ['development', 'test'] })
      .describe('Other origins whose pages may call the API.'),
    REDIS_URL: env
      .url({ protocols: ['redis:', 'rediss:'] })
      .secret()
      .optional()
      .describe('Shared rate limits.'),
    REDIS_USERNAME: env.string().optional().describe('The user of Redis, where REDIS_URL names none.'),
    REDIS_PASSWORD: env
      .string()
      .secret({ minBytes: 8 })
      .optional()
      .describe('The password of Redis, where REDIS_URL holds none.'),
    REDIS_DB: env
      .int({ min: 0, max: 15 })
      .default(0)
      .describe('The database of Redis, where REDIS_URL names none.'),
    REDIS_REQUIRED: env
      .bool()
      .default(false, { only: ['development', 'test', 'staging'] })
      .default(true, { only: ['production'] })
      .describe('Whether the API refuses to start without Redis.'),
    SMTP_HOST: env
      .string()
      .optional()
      .describe(
        'The mail server; with it go SMTP_USER, SMTP_PASS and SMTP_FROM. This example sends no mail yet.',
      ),
    SMTP_PORT: env.port().default(587).describe('587 with STARTTLS, or 465 with TLS from the start.'),
    SMTP_SECURE: env
      .bool()
      .default(false)
      .describe('Whether TLS begins with the connection, as on port 465.'),
    SMTP_USER: env.string().optional().describe('The account at the mail server.'),
    SMTP_PASS: env.string().secret({ minBytes: 8 }).optional().describe('Its password.'),
    SMTP_FROM: env.email().optional().describe('Who mails come from.'),
    APP_NAME: env.string().default('KPI Productivity').describe('What the application calls itself.'),
    FRONTEND_URL: env
      .origin()
      .default('http://localhost:3000', { only: ['development', 'test'] })
      .describe('Where the pages are.'),
    SENTRY_DSN: env
      .url({ protocols: ['https:'] })
      .optional()
      .describe('Where errors would be reported; this example reports none yet.'),
    SENTRY_ENVIRONMENT: env
      .string()
      .default('development', { only: ['development'] })
      .default('test', { only: ['test'] })
      .default('staging', { only: ['staging'] })
      .default('production', { only: ['production'] })
      .describe('As which environment.'),
    RATE_LIMIT_WINDOW_MS: env.int({ min: 1_000 }).default(900_000).describe('The window of the rate limit.'),
    RATE_LIMIT_MAX_REQUESTS: env.int({ min: 1 }).default(100).describe('Requests of one client in a window.'),
    LOGIN_LIMIT: env
      .int({ min: 1 })
      .default(10)
      .describe('Logins and registrations of one client in a quarter of an hour.'),
    TRUSTED_PROXIES: env
      .list(env.string(), { min: 0 })
      .default(['127.0.0.0/8', '::1/128'])
      .describe('Addresses and CIDR ranges of the proxies in front, whose X-Forwarded-For is believed.'),
    HEALTH_CHECK_ENABLED: env.bool().default(true).describe('Whether the health endpoints answer.'),
    HEALTH_CHECK_REDIS: env.bool().default(true).describe('Whether they look at Redis.'),
    HEALTH_CHECK_DATABASE: env.bool().default(true).describe('Whether they look at the database.'),
    CERTIFICATE_FILE: env
      .string()
      .optional()
      .describe(
        'The certificate of the proxy in front, PEM: the health report says when it ends, and none that has ended is deployed.',
      ),
    LOG_LEVEL: env
      .oneOf(['error', 'warn', 'info', 'debug'])
      .default('info')
      .describe('The least severe line written.'),
    SEED: env
      .bool()
      .default(false)
      .describe('Whether an empty database gets the demonstration data at start.'),
  },
  unknown: {
    prefixes: ['JWT_', 'REDIS_', 'SMTP_', 'SENTRY_', 'RATE_LIMIT_', 'HEALTH_CHECK_'],
    action: 'warn',
  },
  rules: (rule) => [
    rule.profile('staging', 'production').requires('DATABASE_URL'),
    rule.set('DRILL_URL').requires('BACKUP_FOLDER'),
    rule.set('DRILL_URL').requires('DATABASE_URL'),
    rule.equals('REDIS_REQUIRED', true).requires('REDIS_URL'),
    rule.set('REDIS_PASSWORD').requires('REDIS_URL'),
    rule.set('REDIS_USERNAME').requires('REDIS_PASSWORD'),
    rule.check(
      ['REDIS_URL', 'REDIS_USERNAME', 'REDIS_PASSWORD', 'REDIS_DB'],
      'what REDIS_URL says agrees with REDIS_USERNAME, REDIS_PASSWORD and REDIS_DB',
      agreesWithUrl,
    ),
    rule.together('SMTP_HOST', 'SMTP_USER', 'SMTP_PASS', 'SMTP_FROM'),
    rule.check(
      ['SMTP_PORT', 'SMTP_SECURE'],
      'SMTP_SECURE is true on port 465 and false on port 587',
      ({ SMTP_PORT, SMTP_SECURE }) =>
        (SMTP_PORT !== 465 || SMTP_SECURE) && (SMTP_PORT !== 587 || !SMTP_SECURE),
    ),
    rule
      .profile('staging', 'production')
      .check(['SEED'], 'The demonstration data has known passwords. Set SEED=false.', ({ SEED }) => !SEED),
  ],
});

export type Config = ReturnType<typeof schema.load>;
