import type { env as fullEnv } from '../env.js';
import { onDemand } from '../on-demand.js';
import type { SimpleKind } from './facts.js';
import { sketchOf } from './sketch.js';

/** The one place where a sketch takes the static type of its kind. */
function simple<Builder>(kind: SimpleKind): Builder {
  const builder: unknown = sketchOf.bind(undefined, kind);
  return builder as Builder;
}

/**
 * The kinds of variables. Every one is strict: a text is read in the one way that its kind documents, or is a problem.
 * An empty text counts as not set.
 *
 * @example
 * const fields = {
 *   PORT: env.port().default(3001),
 *   DATABASE_URL: env.url({ protocols: ['postgres:'] }).secret(),
 *   JWT_EXPIRES_IN: env.duration({ max: '30d' }).default('7d'),
 * };
 */
export const env: typeof fullEnv = {
  string: simple('string'),
  int: simple('int'),
  number: simple('number'),
  bool: simple('bool'),
  port: simple('port'),
  url: simple('url'),
  origin: simple('origin'),
  email: simple('email'),
  oneOf: simple('oneOf'),
  enum: simple('oneOf'),
  list: simple('list'),
  duration: simple('duration'),
  bytes: simple('bytes'),
  profile: simple('profile'),
  json: ((...given: []) => onDemand().env.json(...given)) as typeof fullEnv.json,
  schema: (schema) => onDemand().env.schema(schema),
};
Object.freeze(env);
