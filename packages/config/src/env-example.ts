import { expectedOf } from './evaluate.js';
import type { FieldDefinition } from './field.js';
import { describeDefaults, requirement } from './field-text.js';

const head = [
  '# Written from the schema of the configuration; change it there.',
  '# A line that is commented out is optional or has that default.',
];

/** Every variable with what it accepts. Required ones are left empty, which counts as not set. */
export function formatEnvExample(definitions: ReadonlyMap<string, FieldDefinition>): string {
  const blocks = [...definitions].map(([name, definition]) => formatBlock(name, definition));
  return `${[head.join('\n'), ...blocks].join('\n\n')}\n`;
}

function formatBlock(name: string, definition: FieldDefinition): string {
  const { description, exposure, secret, defaults } = definition;
  const about = [
    expectedOf(definition),
    requirement(definition),
    ...(exposure === 'server' ? [] : [exposure]),
  ];
  const lines = [...(description === '' ? [] : comment(description)), `# ${about.join('; ')}`];
  const special = describeDefaults(definition).filter(({ profiles }) => profiles !== 'every profile');
  for (const { profiles, text } of special) lines.push(`# in ${profiles}: ${text}`);
  if (exposure === 'secret' && secret?.generate !== undefined) lines.push(`# make one: ${secret.generate}`);

  const forAll = defaults.find(({ only }) => only === undefined);
  if (forAll !== undefined && exposure !== 'secret') {
    lines.push(`# ${name}=${quoted(definition.format(forAll.literal))}`);
  } else {
    lines.push(requirement(definition) === 'required' ? `${name}=` : `# ${name}=`);
  }
  return lines.join('\n');
}

function comment(text: string): readonly string[] {
  return text.split(/\r?\n/).map((line) => `# ${line}`.trimEnd());
}

/** As `util.parseEnv` reads it back, on one line; a text that it cannot read back is left out. */
function quoted(text: string): string {
  if (/^[\w.,:/@+*?&=%-]*$/.test(text)) return text;
  // Between double quotes it reads \n as a line break.
  const marks = text.includes('\\n') ? ["'", '`'] : ["'", '`', '"'];
  const quote = /[\r\n]/.test(text) ? undefined : marks.find((mark) => !text.includes(mark));
  return quote === undefined ? '' : `${quote}${text}${quote}`;
}
