import type { FieldDefinition } from './field.js';
import { profiles } from './profile.js';

export interface DescribedDefault {
  /** `every profile`, or their names. */
  readonly profiles: string;
  /** The default as it would be set; for a secret only that there is one. */
  readonly text: string;
}

/** The defaults of a field for the documents. Those of secrets are not written out. */
export function describeDefaults(definition: FieldDefinition): readonly DescribedDefault[] {
  return definition.defaults.map(({ literal, only }) => ({
    profiles: only === undefined ? 'every profile' : only.join(', '),
    text: definition.exposure === 'secret' ? 'a development default' : oneLine(definition.format(literal)),
  }));
}

/** Whether somebody has to set the variable: `required`, `optional`, `required in staging, production`. */
export function requirement(definition: FieldDefinition): string {
  if (definition.isProfile === true || definition.optional) return 'optional';
  const { defaults } = definition;
  if (defaults.some(({ only }) => only === undefined)) return 'optional';
  const said = definition.parseMissing?.();
  if (said !== undefined && 'value' in said) return 'optional';
  if (defaults.length === 0) return 'required';
  const without = profiles.filter((profile) => !defaults.some(({ only }) => only?.includes(profile)));
  return without.length === 0 ? 'optional' : `required in ${without.join(', ')}`;
}

function oneLine(text: string): string {
  return text.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
}
