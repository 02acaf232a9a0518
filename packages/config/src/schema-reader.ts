import { missingProblem, sourceProblem } from './evaluate.js';
import { type FieldDefinition, fieldKey } from './field.js';
import { schemaField } from './fields/schema.js';
import { frozenCopy } from './frozen.js';
import type { Problem } from './problem.js';
import type { Reader } from './reader.js';
import { isStandardSchema, type StandardSchema } from './standard-schema.js';
import { runSchema } from './validate-with.js';

/** Gives all texts to one object schema of the user's, so that its own refinements see all of them. */
export function schemaReader(schema: StandardSchema, members: Readonly<Record<string, unknown>>): Reader {
  const definitions = new Map(
    Object.entries(members).map(([name, member]) => [name, describeMember(member)]),
  );
  return {
    definitions,
    read(circumstances) {
      const input: Record<string, string> = {};
      const states = new Map<string, 'set' | 'unset'>();
      const problems: Problem[] = [];
      for (const name of definitions.keys()) {
        const entry = circumstances.gathered.entry(name);
        if (entry !== undefined && 'fault' in entry) problems.push(sourceProblem(entry));
        else if (entry !== undefined && entry.value !== '') input[name] = entry.value;
        states.set(name, Object.hasOwn(input, name) ? 'set' : 'unset');
      }
      const unread = new Set(problems.map(({ name }) => name));
      const result = runSchema(schema, input);
      if ('value' in result) return { values: Object(frozenCopy(result.value)), problems, states };

      for (const { message, path, fix } of result.issues) {
        const [first = '', ...rest] = path;
        const name = first.slice(1);
        const definition = definitions.get(name);
        if (unread.has(name)) continue;
        if (definition !== undefined && rest.length === 0 && !Object.hasOwn(input, name)) {
          problems.push(missingProblem(name, definition, circumstances));
          continue;
        }
        const origin = circumstances.gathered.entry(name)?.origin;
        problems.push({
          code: definition === undefined ? 'rule' : 'invalid',
          name: definition === undefined ? 'The configuration' : name,
          ...(rest.length === 0 ? {} : { path: rest.join('') }),
          message,
          expected: definition?.expected ?? `what its ${schema['~standard'].vendor} schema accepts`,
          fix: fix ?? (origin === undefined ? 'See the schema.' : `Correct ${name} in ${origin.at}.`),
          ...(origin === undefined ? {} : { origin }),
        });
      }
      return { values: {}, problems, states };
    },
  };
}

/** For the documents only: the whole schema does the reading. */
function describeMember(member: unknown): FieldDefinition {
  if (!isStandardSchema(member)) return { ...schemaField(anything)[fieldKey], optional: true };
  const definition = schemaField(member)[fieldKey];
  const description: unknown = Reflect.get(member, 'description');
  return typeof description === 'string' ? { ...definition, description } : definition;
}

const anything: StandardSchema = {
  '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) },
};
