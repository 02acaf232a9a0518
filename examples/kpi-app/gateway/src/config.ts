import { defineConfig, env } from '@seaworthy/config';

const upstream = () => env.url({ protocols: ['http:', 'https:'] });

/** The variables of the KPI gateway. */
export const schema = defineConfig({
  unknown: { prefixes: ['GATEWAY_', 'RATE_LIMIT_'], action: 'warn' },
  fields: {
    NODE_ENV: env
      .profile()
      .describe('development, test, staging or production; anything else counts as production.'),
    GATEWAY_PORT: env.port().default(30_002).describe('The only port that people reach.'),
    GATEWAY_HOST: env
      .string()
      .default('localhost')
      .describe('Where it listens; :: to be reached from outside.'),
    BACKEND_URL: upstream()
      .default('http://localhost:3001', { only: ['development', 'test'] })
      .describe('Where /api goes.'),
    FRONTEND_URL: upstream()
      .default('http://localhost:3000', { only: ['development', 'test'] })
      .describe('Where everything else goes.'),
    RATE_LIMIT_WINDOW_MS: env.int({ min: 1_000 }).default(900_000).describe('The window of the rate limit.'),
    RATE_LIMIT_MAX_REQUESTS: env
      .int({ min: 1 })
      .default(100)
      .describe('API requests of one client in a window.'),
    TRUSTED_PROXIES: env
      .list(env.string(), { min: 0 })
      .default([])
      .describe('Addresses and CIDR ranges of the proxies in front, whose X-Forwarded-For is believed.'),
    LOG_LEVEL: env
      .oneOf(['error', 'warn', 'info', 'debug'])
      .default('info')
      .describe('The least severe line written.'),
  },
});
