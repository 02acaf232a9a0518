import { loadEnv, type Plugin } from 'vite';

/**
 * Stops a build or a development server that was given a VITE_ variable nobody declared: whatever bears that prefix
 * may be copied into the bundle, so `VITE_DATABASE_URL` would be public.
 *
 * @throws Error that names the variables, never their values.
 */
export function refuseUnknownVariables(allowed: readonly string[]): Plugin {
  return {
    name: 'refuse-unknown-variables',
    config(_, { mode }) {
      const given = Object.keys(loadEnv(mode, process.cwd(), 'VITE_'));
      const unknown = given.filter((name) => !allowed.includes(name));
      if (unknown.length === 0) return;
      throw new Error(
        `Undeclared in the environment: ${unknown.join(', ')}. Every VITE_ variable can end up in the public bundle; ` +
          'rename it if it is a secret, or declare it in src/environment.ts if it is not.',
      );
    },
  };
}
