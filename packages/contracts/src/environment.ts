import { invalidOption } from './options.js';

/** Where the program runs. Unknown means `production`, which refuses most. */
export type Environment = 'development' | 'test' | 'staging' | 'production';

const environments: readonly Environment[] = ['development', 'test', 'staging', 'production'];

/** @throws OptionsError for a word that is none of the four. */
export function readEnvironment(owner: string, environment: Environment = 'production'): Environment {
  if (environments.includes(environment)) return environment;
  throw invalidOption(owner, 'environment', `one of ${environments.join(', ')}`);
}
