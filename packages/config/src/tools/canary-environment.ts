import { randomBytes } from 'node:crypto';
import type { ConfigSchema } from '../config-schema.js';

/**
 * A random text for every variable that may not reach a browser, to build with and then look for: a build machine has no
 * secrets, and what it would do with them is the question. Spread it after `process.env`, or what is set there hides the
 * canaries; what the build tool itself reads, such as NODE_ENV, is set after it.
 *
 * @example
 * const canaries = canaryEnvironment(schema);
 * spawnSync('vite', ['build'], { env: { ...process.env, ...canaries, NODE_ENV: 'production' } });
 * const report = await scanBundle({ folder: 'dist', values: canaries });
 */
export function canaryEnvironment(
  schema: Pick<ConfigSchema<object>, 'exposures'>,
): Readonly<Record<string, string>> {
  const hidden = Object.entries(schema.exposures).filter(([, exposure]) => exposure !== 'client');
  return Object.fromEntries(hidden.map(([name]) => [name, `canary-${randomBytes(12).toString('hex')}`]));
}
