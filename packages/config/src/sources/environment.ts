import type { Source, SourceValue } from './source.js';

const origin = { source: 'environment', at: 'the process environment' } as const;

/** The process environment, or the `env` that `load` was given. */
export function environmentSource(): Source {
  return {
    name: 'environment',
    read({ env, names }) {
      const entries: SourceValue[] = [];
      for (const declared of names) {
        for (const name of [declared, `${declared}_FILE`]) {
          const value = Object.hasOwn(env, name) ? env[name] : undefined;
          if (value !== undefined) entries.push({ name, value, origin });
        }
      }
      return { entries };
    },
  };
}
