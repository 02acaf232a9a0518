import { afterEach, expect, it, vi } from 'vitest';
import { refuseUnknownVariables } from '../vite/refuse-unknown-variables.js';

afterEach(() => vi.unstubAllEnvs());

it('lets a build pass that has only declared variables', () => {
  vi.stubEnv('VITE_API_URL', '/api');
  expect(() => config(['VITE_API_URL'])).not.toThrow();
});

it('names an undeclared variable and never its value', () => {
  vi.stubEnv('VITE_DATABASE_URL', 'postgres://canary');
  expect(() => config(['VITE_API_URL'])).toThrow(/VITE_DATABASE_URL/);
  expect(() => config(['VITE_API_URL'])).not.toThrow(/canary/);
});

function config(allowed: readonly string[]) {
  const hook = refuseUnknownVariables(allowed).config;
  if (typeof hook !== 'function') throw new Error('The plugin has no config hook.');
  Reflect.apply(hook, undefined, [{}, { mode: 'production', command: 'build' }]);
}
