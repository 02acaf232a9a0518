import { ConfigError } from '@seaworthy/config';
import { describe, expect, it } from 'vitest';
import { schema } from '../src/config.js';

function load(env: Readonly<Record<string, string>>) {
  return schema.load({ env, cwd: '/nonexistent' });
}

describe('the variables of the KPI gateway', () => {
  it('has a .env.example that says what the schema says', async () => {
    await expect(schema.toEnvExample()).toMatchFileSnapshot('../.env.example');
  });

  it('[row 4] starts with no variable in development, with the documented defaults, and needs its upstreams in production', () => {
    expect(load({ NODE_ENV: 'development' })).toMatchObject({
      GATEWAY_PORT: 30_002,
      GATEWAY_HOST: 'localhost',
      BACKEND_URL: 'http://localhost:3001',
      FRONTEND_URL: 'http://localhost:3000',
      RATE_LIMIT_WINDOW_MS: 900_000,
      RATE_LIMIT_MAX_REQUESTS: 100,
      LOG_LEVEL: 'info',
    });
    let caught: unknown;
    try {
      load({ NODE_ENV: 'production', FRONTEND_URL: 'https://kpi.example.com' });
    } catch (error) {
      caught = error;
    }
    expect(ConfigError.is(caught) && caught.problems).toMatchObject([
      { name: 'BACKEND_URL', code: 'missing' },
    ]);
  });
});
