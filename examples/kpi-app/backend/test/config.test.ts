import { ConfigError } from '@seaworthy/config';
import { describe, expect, it } from 'vitest';
import { schema } from '../src/config.js';

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://kpi:pw@db.internal/kpi',
  JWT_SECRET: 'q8Zb1uJk0rT5xYw3nVhL7sPcD2fGmA9e',
  CORS_ORIGIN: 'https://kpi.example.com',
  FRONTEND_URL: 'https://kpi.example.com',
  REDIS_URL: 'redis://cache.internal:6379',
};

function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    schema.load({ env, cwd: '/nonexistent' });
    return [];
  } catch (error) {
    if (!ConfigError.is(error)) throw error;
    return error.problems.flatMap(({ name, related = [] }) => [name, ...related]).sort();
  }
}

describe('the variables of the KPI API', () => {
  it('has a .env.example that says what the schema says', async () => {
    await expect(schema.toEnvExample()).toMatchFileSnapshot('../.env.example');
  });

  it('needs nothing in development', () => {
    expect(problemsOf({ NODE_ENV: 'development' })).toEqual([]);
  });

  it('is complete in production, and names each variable that is missing', () => {
    expect(problemsOf(production)).toEqual([]);
    for (const name of ['DATABASE_URL', 'JWT_SECRET', 'CORS_ORIGIN', 'FRONTEND_URL', 'REDIS_URL']) {
      expect(problemsOf({ ...production, [name]: '' }), name).toContain(name);
    }
  });

  it('refuses demonstration data with known passwords in production', () => {
    expect(problemsOf({ ...production, SEED: 'true' })).toEqual(['SEED']);
  });
});
