import { expect, it } from 'vitest';
import { readEnvironment, variableNames } from '../src/environment.js';

it('has safe defaults when nothing is set', () => {
  expect(readEnvironment({})).toEqual({
    apiUrl: '/api',
    appVersion: 'development',
    debugMode: false,
    analytics: false,
    mixpanelToken: undefined,
    errorReporting: false,
    sentryDsn: undefined,
    sentryEnvironment: undefined,
  });
});

it('takes an empty variable as one that is not set', () => {
  expect(readEnvironment(Object.fromEntries(variableNames.map((name) => [name, '']))).apiUrl).toBe('/api');
});

it('reads switches strictly, so that "0" or "FALSE" does not switch something on', () => {
  expect(readEnvironment({ VITE_ENABLE_ANALYTICS: 'true' }).analytics).toBe(true);
  expect(() => readEnvironment({ VITE_DEBUG_MODE: '0' })).toThrow(/VITE_DEBUG_MODE must be true or false/);
});
