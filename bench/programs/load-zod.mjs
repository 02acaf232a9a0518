import { z } from 'zod';

const port = z.coerce.number().int().min(1).max(65_535);
const bool = z.stringbool();
const origin = z.url({ protocol: /^https?$/ });

const schema = z
  .object({
    NODE_ENV: z.enum(['development', 'test', 'staging', 'production']),
    HOST: z.string().min(1).default('127.0.0.1'),
    PORT: port.default(3001),
    GATEWAY_PORT: port.default(30002),
    BACKEND_URL: z.url({ protocol: /^https?$/ }).default('http://localhost:3001'),
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
    JWT_SECRET: z.string().min(32),
    JWT_EXPIRES_IN: z
      .string()
      .regex(/^\d+[smhd]$/)
      .default('7d'),
    CORS_ORIGIN: z
      .string()
      .transform((text) => text.split(',').map((item) => item.trim()))
      .pipe(z.array(origin)),
    FRONTEND_URL: origin,
    REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
    REDIS_USERNAME: z.string().min(1).optional(),
    REDIS_PASSWORD: z.string().min(8).optional(),
    REDIS_DB: z.coerce.number().int().min(0).max(15).default(0),
    REDIS_REQUIRED: bool.default(false),
    SMTP_HOST: z.string().min(1).optional(),
    SMTP_PORT: port.default(587),
    SMTP_SECURE: bool.default(false),
    SMTP_USER: z.string().min(1).optional(),
    SMTP_PASS: z.string().min(8).optional(),
    SMTP_FROM: z.email().optional(),
    APP_NAME: z.string().min(1).default('KPI Productivity'),
    SENTRY_DSN: z.url().optional(),
    SENTRY_ENVIRONMENT: z.string().min(1).optional(),
    RATE_LIMIT_WINDOW_MS: z.coerce.number().int().min(1_000).default(900_000),
    RATE_LIMIT_MAX_REQUESTS: z.coerce.number().int().min(1).default(100),
    HEALTH_CHECK_ENABLED: bool.default(true),
    HEALTH_CHECK_REDIS: bool.default(true),
    HEALTH_CHECK_DATABASE: bool.default(true),
    LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
  })
  .refine((value) => value.NODE_ENV !== 'production' || value.REDIS_URL !== undefined)
  .refine((value) => !value.REDIS_REQUIRED || value.REDIS_URL !== undefined);

export const config = Object.freeze(schema.parse(process.env));
