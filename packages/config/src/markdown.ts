import { expectedOf } from './evaluate.js';
import type { FieldDefinition } from './field.js';
import { describeDefaults, requirement } from './field-text.js';

/** A table with a row a variable, in the order of the schema. */
export function formatMarkdown(definitions: ReadonlyMap<string, FieldDefinition>): string {
  const rows = [...definitions].map(([name, definition]) => {
    const defaults = describeDefaults(definition).map(({ profiles, text }) => {
      const shown = definition.exposure === 'secret' ? text : code(text);
      return profiles === 'every profile' ? shown : `${shown} (${profiles})`;
    });
    const cells = [
      code(name),
      expectedOf(definition),
      requirement(definition),
      defaults.join(', '),
      definition.exposure,
      definition.description,
    ];
    return `| ${cells.map(cell).join(' | ')} |`;
  });
  const head = [
    '| Variable | Accepts | Needed | Default | Seen by | About |',
    '| --- | --- | --- | --- | --- | --- |',
  ];
  return `${[...head, ...rows].join('\n')}\n`;
}

/** A code span that a backtick inside does not end (CommonMark 6.1). */
function code(text: string): string {
  if (text === '') return 'empty';
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${text}${fence}` : `${fence} ${text} ${fence}`;
}

function cell(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replace(/\s*\r?\n\s*/g, ' ')
    .replaceAll('<', '&lt;');
}
