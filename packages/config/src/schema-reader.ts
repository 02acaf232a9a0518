import { OptionsError, urlOf } from '@seaworthy/contracts';
import { checkMembers } from './check-fields.js';
import { type Circumstances, faultProblem, missingProblem, protect, sourceProblem } from './evaluate.js';
import { type FieldDefinition, fieldKey, type SecretOptions } from './field.js';
import { passwordOf } from './fields/password-of.js';
import { schemaField } from './fields/schema.js';
import { coercesNothing, readTyped, typedText } from './fields/typed-text.js';
import { frozenValue } from './frozen.js';
import type { Problem } from './problem.js';
import type { Reader, Reading } from './reader.js';
import { secretOptions } from './secret-options.js';
import type { SourceEntry } from './sources/source.js';
import { isStandardSchema, type StandardSchema } from './standard-schema.js';
import { type UnknownOptions, withUnknown } from './unknown-variables.js';
import { runSchema, type SafeIssue } from './validate-with.js';

/** The members that become a `Secret`, by name. */
type SecretMembers = Readonly<Record<string, SecretOptions | undefined>>;

export interface SchemaReaderOptions {
  readonly secrets?: SecretMembers | undefined;
  readonly unknown?: UnknownOptions | undefined;
}

/** In place of a variable, for what the schema says of several of them. */
const whole = 'The configuration';

/** Gives all texts to one object schema of the user's, so that its own refinements see all of them. */
export function schemaReader(
  schema: StandardSchema,
  members: Readonly<Record<string, unknown>>,
  { secrets = {}, unknown }: SchemaReaderOptions,
): Reader {
  for (const name of Object.keys(secrets)) {
    if (Object.hasOwn(members, name)) continue;
    throw new OptionsError(`defineConfig: secrets: the schema has no member "${name}".`, {
      code: 'UNKNOWN_OPTION',
    });
  }
  const definitions = new Map(
    Object.entries(members).map(([name, member]) => [name, describeMember(name, member, secrets)]),
  );
  checkMembers(definitions);
  return {
    definitions,
    read(circumstances) {
      const reading = readWhole(circumstances);
      return unknown === undefined ? reading : withUnknown(reading, unknown, definitions, circumstances);
    },
  };

  function readWhole(circumstances: Circumstances): Reading {
    const { input, states, problems } = readTexts(definitions, members, circumstances);
    const wrong = new Set(problems.map(({ name }) => name));
    const result = runSchema(schema, input);
    if ('value' in result) {
      const values = protectMembers(Object(result.value), definitions, circumstances, problems);
      return { values, problems, states, warnings: [] };
    }
    const alone = (name: string) => runMember(members[name], input[name]);
    const refused = result.issues.filter(({ path: [first = ''] }) => {
      const name = first.slice(1);
      return definitions.has(name) && 'issues' in alone(name);
    });
    // Beyond that there are refinements of the whole: with a member wrong they were not run, or ran on what is not there.
    for (const issue of wrong.size > 0 || refused.length > 0 ? refused : result.issues) {
      const problem = problemOf(issue, schema, definitions, input, circumstances);
      if (!wrong.has(problem.name)) problems.push(problem);
    }
    const right = Object.keys(input).flatMap((name) => {
      const own = alone(name);
      return 'value' in own ? [[name, own.value] as const] : [];
    });
    protectMembers(Object.fromEntries(right), definitions, circumstances, problems);
    const order = [...definitions.keys(), whole];
    return {
      values: {},
      problems: problems.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name)),
      states,
      warnings: [],
    };
  }
}

function readTexts(
  definitions: ReadonlyMap<string, FieldDefinition>,
  members: Readonly<Record<string, unknown>>,
  circumstances: Circumstances,
) {
  const { gathered } = circumstances;
  const input: Record<string, unknown> = {};
  const states = new Map<string, 'set' | 'unset'>();
  const problems: Problem[] = [];
  for (const [name, definition] of definitions) {
    const entry = gathered.entry(name);
    states.set(name, entry !== undefined && 'value' in entry && entry.value !== '' ? 'set' : 'unset');
    if (states.get(name) === 'unset' && coercesNothing(members[name]) && !isFaulty(entry)) {
      problems.push(missingProblem(name, definition, circumstances));
      continue;
    }
    if (entry === undefined) continue;
    if ('fault' in entry) {
      problems.push(sourceProblem(entry));
    } else if (entry.value !== '') {
      const read = readTyped(typedText(members[name]), entry.value);
      if ('value' in read) input[name] = read.value;
      else problems.push(...read.faults.map((fault) => faultProblem(name, definition, fault, entry.origin)));
    }
  }
  return { input, states, problems };
}

function runMember(member: unknown, value: unknown): ReturnType<typeof runSchema> {
  return isStandardSchema(member) ? runSchema(member, value) : { value };
}

function isFaulty(entry: SourceEntry | undefined): boolean {
  return entry !== undefined && 'fault' in entry;
}

function problemOf(
  { message, path, fix }: SafeIssue,
  schema: StandardSchema,
  definitions: ReadonlyMap<string, FieldDefinition>,
  input: Readonly<Record<string, unknown>>,
  circumstances: Circumstances,
): Problem {
  const [first = '', ...rest] = path;
  const name = first.slice(1);
  const definition = definitions.get(name);
  if (definition === undefined) {
    return {
      code: 'rule',
      name: whole,
      ...(rest.length === 0 ? {} : { path: rest.join('') }),
      message,
      expected: `what its ${schema['~standard'].vendor} schema accepts`,
      fix: fix ?? 'See the schema.',
    };
  }
  const origin = circumstances.gathered.entry(name)?.origin;
  if (origin === undefined || (rest.length === 0 && !Object.hasOwn(input, name))) {
    return missingProblem(name, definition, circumstances);
  }
  const fault = { message, ...(rest.length === 0 ? {} : { path: rest.join('') }) };
  return faultProblem(name, definition, fix === undefined ? fault : { ...fault, fix }, origin);
}

/** The values of the schema, frozen, with those that are secrets wrapped. */
function protectMembers(
  given: object,
  definitions: ReadonlyMap<string, FieldDefinition>,
  { profile, gathered }: Circumstances,
  problems: Problem[],
): object {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const definition = definitions.get(name);
    const isSecret = definition?.exposure === 'secret' && value !== undefined;
    const read = isSecret ? protect(name, definition, value, profile) : frozenValue(value);
    const origin = gathered.entry(name)?.origin ?? { source: 'default', at: 'the default in the schema' };
    if ('value' in read) Object.defineProperty(values, name, { value: read.value, enumerable: true });
    else {
      const known = definition ?? describeMember(name, undefined, {});
      problems.push(...read.faults.map((fault) => faultProblem(name, known, fault, origin)));
    }
  }
  return Object.freeze(values);
}

/** For the documents, and for what is said about a member that is wrong; the whole schema does the reading. */
function describeMember(name: string, member: unknown, secrets: SecretMembers): FieldDefinition {
  const definition = isStandardSchema(member)
    ? schemaField(member)[fieldKey]
    : { ...schemaField(anything)[fieldKey], optional: true };
  const description: unknown = isStandardSchema(member) ? Reflect.get(member, 'description') : undefined;
  const described = typeof description === 'string' ? { ...definition, description } : definition;
  if (!Object.hasOwn(secrets, name)) return described;
  const secret = secretOptions({ minBytes: 32, generate: 'openssl rand -base64 32' }, secrets[name] ?? {});
  return { ...described, exposure: 'secret', secret, chosenPart: chosenPartOf };
}

/** Of a URL the password was chosen by somebody; of any other text, all of it. */
function chosenPartOf(text: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) && urlOf(text) !== undefined ? passwordOf(text) : text;
}

const anything: StandardSchema = {
  '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) },
};
