import { defineConfig, env } from '@seaworthy/config';

const development = { only: ['development', 'test'] } as const;

/** The variables of the CRM. `.env.example` and the table in the README are written from here. */
export const schema = defineConfig({
  unknown: { prefixes: ['SMTP_', 'JWT_', 'REDIS_', 'BUILT_IN_', 'RATE_LIMIT_'], action: 'warn' },
  fields: {
    NODE_ENV: env
      .profile()
      .describe('development, test, staging or production; anything else counts as production.'),
    HOST: env
      .string()
      .default('127.0.0.1')
      .describe('Where the CRM listens; :: to be reached from outside, as in a container.'),
    PORT: env.port().default(4000).describe('The port of the API and the pages.'),
    DATABASE_URL: env
      .url({ protocols: ['mysql:'] })
      .secret()
      .describe('mysql://user:password@host:3306/database'),
    DATABASE_START_TIMEOUT: env
      .duration({ min: '1s', max: '1m' })
      .default('30s')
      .describe('How long a start waits for the database to answer.'),
    BACKUP_FOLDER: env
      .string()
      .optional()
      .describe('Where a backup of the database goes every night; without it there is none.'),
    DRILL_URL: env
      .url({ protocols: ['mysql:'] })
      .secret()
      .optional()
      .describe(
        'A server where the newest backup is restored once a month, by a user who may create databases.',
      ),
    JWT_SECRET: env
      .string()
      .secret()
      .default('development-secret-key-change-in-production', development)
      .describe('Keys the hashes of the session words.'),
    SESSION_LIFETIME: env
      .duration({ min: '1m', max: '30d' })
      .default('24h')
      .describe('How long a login lasts.'),
    VITE_APP_ID: env
      .string()
      .default('melitech-crm', development)
      .client()
      .describe('The application id that pages may know.'),
    BUILT_IN_FORGE_API_KEY: env
      .string()
      .secret()
      .default('development-forge-key-only-for-this-machine', development)
      .describe('The bearer key with which operators see the details of /health.'),
    VITE_ANALYTICS_ENDPOINT: env
      .url({ protocols: ['https:'] })
      .optional()
      .client()
      .describe('Where pages report visits.'),
    VITE_ANALYTICS_WEBSITE_ID: env.string().optional().client().describe('As which site they report.'),
    SMTP_HOST: env.string().optional().describe('The mail server. All four SMTP variables or none.'),
    SMTP_PORT: env.port().optional().describe('587 with STARTTLS or 465 with TLS.'),
    SMTP_USER: env.string().optional().describe('The account at the mail server.'),
    SMTP_PASSWORD: env.string().secret({ minBytes: 1 }).optional().describe('Its password.'),
    REDIS_URL: env
      .url({ protocols: ['redis:', 'rediss:'] })
      .secret()
      .optional()
      .describe('Shared rate limits.'),
    RATE_LIMIT_PER_MINUTE: env.int({ min: 1 }).default(100).describe('Requests of one client in a minute.'),
    LOGIN_LIMIT: env.int({ min: 1 }).default(10).describe('Logins of one client in a quarter of an hour.'),
    TRUSTED_PROXIES: env
      .list(env.string(), { min: 0 })
      .default([])
      .describe('Addresses and CIDR ranges of the proxies in front, whose X-Forwarded-For is believed.'),
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
    PAGES_FOLDER: env.string().default('../frontend/dist').describe('The built pages.'),
    SEED: env
      .bool()
      .default(false)
      .describe('Whether an empty database gets the demonstration data at start.'),
  },
  rules: (rule) => [
    rule.set('DRILL_URL').requires('BACKUP_FOLDER'),
    rule.together('SMTP_HOST', 'SMTP_PORT', 'SMTP_USER', 'SMTP_PASSWORD'),
    rule
      .profile('staging', 'production')
      .check(['SEED'], 'The demonstration data has known passwords. Set SEED=false.', ({ SEED }) => !SEED),
  ],
});

export type Config = ReturnType<typeof schema.load>;
