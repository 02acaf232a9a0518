import { invalidOption } from '@seaworthy/contracts';

/** Text from an environment is no boolean: `'false'` would count as true. @throws OptionsError `INVALID_OPTION`. */
export function booleanOption(owner: string, name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw invalidOption(owner, name, 'true or false');
}
