import { defineConfig, env } from '@seaworthy/config';

const schema = defineConfig({
  fields: {
    NODE_ENV: env.profile(),
    HOST: env.string().default('127.0.0.1'),
    PORT: env.port().default(3001),
    GATEWAY_PORT: env.port().default(30002),
    BACKEND_URL: env.url().default('http://localhost:3001'),
    DATABASE_URL: env.url({ protocols: ['postgres:', 'postgresql:'] }).secret(),
    JWT_SECRET: env.string().secret(),
    JWT_EXPIRES_IN: env.duration({ min: '1m', max: '30d' }).default('7d'),
    CORS_ORIGIN: env.list(env.origin()),
    FRONTEND_URL: env.origin(),
    REDIS_URL: env
      .url({ protocols: ['redis:', 'rediss:'] })
      .secret()
      .optional(),
    REDIS_USERNAME: env.string().optional(),
    REDIS_PASSWORD: env.string().secret({ minBytes: 8 }).optional(),
    REDIS_DB: env.int({ min: 0, max: 15 }).default(0),
    REDIS_REQUIRED: env.bool().default(false),
    SMTP_HOST: env.string().optional(),
    SMTP_PORT: env.port().default(587),
    SMTP_SECURE: env.bool().default(false),
    SMTP_USER: env.string().optional(),
    SMTP_PASS: env.string().secret({ minBytes: 8 }).optional(),
    SMTP_FROM: env.email().optional(),
    APP_NAME: env.string().default('KPI Productivity'),
    SENTRY_DSN: env.url().optional(),
    SENTRY_ENVIRONMENT: env.string().optional(),
    RATE_LIMIT_WINDOW_MS: env.int({ min: 1_000 }).default(900_000),
    RATE_LIMIT_MAX_REQUESTS: env.int({ min: 1 }).default(100),
    HEALTH_CHECK_ENABLED: env.bool().default(true),
    HEALTH_CHECK_REDIS: env.bool().default(true),
    HEALTH_CHECK_DATABASE: env.bool().default(true),
    LOG_LEVEL: env.oneOf(['error', 'warn', 'info', 'debug']).default('info'),
  },
  rules: (rule) => [
    rule.profile('production').requires('REDIS_URL'),
    rule.equals('REDIS_REQUIRED', true).requires('REDIS_URL'),
  ],
});

export const config = schema.load();
