import { ConfigError } from '@seaworthy/config';
import { describe, expect, it } from 'vitest';
import { schema } from '../src/config.js';
import { redisUrl } from '../src/redis-url.js';

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

  it('[row 3] gives the documented defaults when nothing is set in development', () => {
    expect(schema.load({ env: { NODE_ENV: 'development' }, cwd: '/nonexistent' })).toMatchObject({
      NODE_ENV: 'development',
      PORT: 3001,
      DATABASE_URL: undefined,
      JWT_EXPIRES_IN: { ms: 604_800_000, seconds: 604_800 },
      CORS_ORIGIN: ['http://localhost:3000'],
      REDIS_URL: undefined,
      REDIS_PASSWORD: undefined,
      REDIS_USERNAME: undefined,
      REDIS_DB: 0,
      REDIS_REQUIRED: false,
      SMTP_HOST: undefined,
      SMTP_PORT: 587,
      SMTP_SECURE: false,
      SMTP_USER: undefined,
      SMTP_PASS: undefined,
      SMTP_FROM: undefined,
      APP_NAME: 'KPI Productivity',
      FRONTEND_URL: 'http://localhost:3000',
      SENTRY_DSN: undefined,
      SENTRY_ENVIRONMENT: 'development',
      RATE_LIMIT_WINDOW_MS: 900_000,
      RATE_LIMIT_MAX_REQUESTS: 100,
      HEALTH_CHECK_ENABLED: true,
      HEALTH_CHECK_REDIS: true,
      HEALTH_CHECK_DATABASE: true,
      LOG_LEVEL: 'info',
    });
    const { JWT_SECRET } = schema.load({ env: { NODE_ENV: 'development' }, cwd: '/nonexistent' });
    expect(JWT_SECRET.reveal()).toBe('development-secret-key-change-in-production');
  });

  it('has no default of development in production', () => {
    const config = schema.load({ env: production, cwd: '/nonexistent' });
    expect(config).toMatchObject({ REDIS_REQUIRED: true, SENTRY_ENVIRONMENT: 'production' });
    expect(problemsOf({ ...production, JWT_SECRET: 'development-secret-key-change-in-production' })).toEqual([
      'JWT_SECRET',
    ]);
  });

  it('takes the mail variables all or not at all, and TLS where the port has it', () => {
    const mail = {
      SMTP_HOST: 'smtp.example.com',
      SMTP_USER: 'kpi',
      SMTP_PASS: 'x9fQ2zL7-kW4',
      SMTP_FROM: 'noreply@example.com',
    };
    expect(problemsOf({ ...production, ...mail })).toEqual([]);
    for (const name of Object.keys(mail))
      expect(problemsOf({ ...production, ...mail, [name]: '' })).toEqual([name]);
    expect(problemsOf({ ...production, SMTP_PORT: '465' })).toEqual(['SMTP_PORT', 'SMTP_SECURE']);
    expect(problemsOf({ ...production, SMTP_PORT: '465', SMTP_SECURE: 'true' })).toEqual([]);
  });

  it('takes the parts of the Redis URL from their own variables, and refuses a contradiction', () => {
    const parts = { REDIS_USERNAME: 'kpi', REDIS_PASSWORD: 'x9/fQ2zL7@kW4', REDIS_DB: '2' };
    const config = schema.load({ env: { ...production, ...parts }, cwd: '/nonexistent' });
    expect(redisUrl(config)?.reveal()).toBe('redis://kpi:x9%2FfQ2zL7%40kW4@cache.internal:6379/2');
    const whole = { REDIS_URL: 'redis://kpi:x9%2FfQ2zL7%40kW4@cache.internal:6379/2' };
    expect(problemsOf({ ...production, ...parts, ...whole })).toEqual([]);
    expect(problemsOf({ ...production, ...whole, REDIS_PASSWORD: 'another-one' })).toContain(
      'REDIS_PASSWORD',
    );
    expect(problemsOf({ ...production, ...whole, REDIS_DB: '3' })).toContain('REDIS_DB');
  });

  it('hears of a misspelt variable', () => {
    const config = schema.load({ env: { ...production, SMTP_SECRUE: 'true' }, cwd: '/nonexistent' });
    expect(schema.warnings(config)).toMatchObject([
      { message: 'is not declared: did you mean SMTP_SECURE?' },
    ]);
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
