import { inEnvironment } from './origin.js';
import type { Source, SourceValue } from './source.js';

/** The process environment, or the `env` that `load` was given. */
export function environmentSource(): Source {
  return {
    name: 'environment',
    read({ env, names }) {
      const entries: SourceValue[] = [];
      for (const declared of names) {
        for (const name of [declared, `${declared}_FILE`]) {
          const value = Object.hasOwn(env, name) ? env[name] : undefined;
          if (value !== undefined) entries.push({ name, value, origin: inEnvironment });
        }
      }
      return { entries };
    },
  };
}
