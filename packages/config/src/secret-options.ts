import { optionsOf, wholeNumber } from '@seaworthy/contracts';
import type { FieldDefinition, SecretOptions } from './field.js';

const readSecretOptions = optionsOf<SecretOptions>('secret()', { minBytes: true, generate: true });

/** What is given, over what the kind of field has of its own: an option that is `undefined` takes nothing away. */
export function secretOptions(own: SecretOptions, given: SecretOptions): SecretOptions {
  const { minBytes = own.minBytes, generate = own.generate } = readSecretOptions(given);
  if (minBytes !== undefined) wholeNumber('secret()', 'minBytes', minBytes, { min: 1 });
  return { ...(minBytes === undefined ? {} : { minBytes }), ...(generate === undefined ? {} : { generate }) };
}

/** Whether the schema of a secret answers with a value of its own, as `default()` and `catch()` of zod do. */
export function standsInSource({ exposure, parseMissing }: FieldDefinition): boolean {
  if (exposure !== 'secret') return false;
  const said = parseMissing?.();
  return said !== undefined && 'value' in said && said.value !== undefined;
}
