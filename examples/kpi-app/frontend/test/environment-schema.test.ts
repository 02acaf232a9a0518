import { join } from 'node:path';
import { ConfigError } from '@seaworthy/config';
import { canaryEnvironment, scanBundle } from '@seaworthy/config/tools';
import { buildApp } from '@seaworthy-example/ui/testing';
import { describe, expect, it } from 'vitest';
import { schema as backend } from '../../backend/src/config.js';
import { schema as gateway } from '../../gateway/src/config.js';
import { readEnvironment, variableNames } from '../src/environment.js';
import { schema } from '../src/environment-schema.js';

const root = join(import.meta.dirname, '..');
const load = (env: Readonly<Record<string, string>>) => schema.load({ env, cwd: '/nonexistent' });

describe('the variables of the pages', () => {
  it('have a .env.example that says what the schema says', async () => {
    await expect(schema.toEnvExample()).toMatchFileSnapshot('../.env.example');
  });

  it('may all reach the bundle, and are those that the pages read', () => {
    expect(Object.keys(schema.exposures).sort()).toEqual([...variableNames].sort());
    expect(new Set(Object.values(schema.exposures))).toEqual(new Set(['client']));
  });

  it('have in production the defaults that the pages have', () => {
    const { VITE_API_URL, VITE_APP_VERSION, VITE_DEBUG_MODE, VITE_ENABLE_ANALYTICS, ...others } = load({
      NODE_ENV: 'production',
    });
    expect(readEnvironment({})).toMatchObject({
      apiUrl: VITE_API_URL,
      appVersion: VITE_APP_VERSION,
      debugMode: VITE_DEBUG_MODE,
      analytics: VITE_ENABLE_ANALYTICS,
      errorReporting: others.VITE_ENABLE_ERROR_REPORTING,
      mixpanelToken: others.VITE_MIXPANEL_TOKEN,
      sentryDsn: others.VITE_SENTRY_DSN,
      sentryEnvironment: others.VITE_SENTRY_ENVIRONMENT,
    });
  });

  it('switch debugging on and analytics off in development', () => {
    expect(load({ NODE_ENV: 'development' })).toMatchObject({
      VITE_DEBUG_MODE: true,
      VITE_ENABLE_ANALYTICS: false,
    });
  });

  it('refuse what nobody declared, and analytics without a place to go', () => {
    const problemsOf = (env: Readonly<Record<string, string>>) => {
      try {
        return load(env) && [];
      } catch (error) {
        if (!ConfigError.is(error)) throw error;
        return error.problems.map(({ name }) => name);
      }
    };
    expect(problemsOf({ VITE_JWT_SECRET: 'x' })).toEqual(['VITE_JWT_SECRET']);
    expect(problemsOf({ VITE_ENABLE_ANALYTICS: 'true' })).toEqual(['VITE_MIXPANEL_TOKEN']);
  });
});

it('[row 5] a build holds no server-side variable in any encoding, and a canary under a VITE_ name is found', async () => {
  const { NODE_ENV: _, ...canaries } = { ...canaryEnvironment(backend), ...canaryEnvironment(gateway) };
  expect(Object.keys(canaries)).toContain('JWT_SECRET');
  await using clean = await buildApp(root, canaries);
  const report = await scanBundle({ folder: clean.folder, values: canaries });
  expect(report).toMatchObject({ clean: true, findings: [], tooShort: [] });
  expect(report.bytes).toBeGreaterThan(100_000);

  await using leaking = await buildApp(root, { VITE_APP_VERSION: canaries.JWT_SECRET ?? '' });
  const { findings } = await scanBundle({ folder: leaking.folder, values: canaries });
  expect(findings).toMatchObject([{ name: 'JWT_SECRET', encoding: 'as it is' }]);
});
