import type { Parsed } from './parsed.js';
import { isStandardSchema, membersOf, type StandardIssue, type StandardSchema } from './standard-schema.js';

/** What zod says in `code` and `expected`, word by word. A word outside of this list may have come from the value. */
const codes: Readonly<Record<string, string>> = {
  invalid_type: 'has the wrong type',
  too_small: 'is too small or too short',
  too_big: 'is too large or too long',
  not_multiple_of: 'is not a multiple of what it must be',
  invalid_format: 'has the wrong format',
  invalid_value: 'is none of the accepted values',
  invalid_union: 'fits none of the alternatives',
  unrecognized_keys: 'has keys that are not known',
  invalid_key: 'has a key that is not accepted',
};

const types: readonly string[] = [
  'string',
  'number',
  'int',
  'boolean',
  'bigint',
  'date',
  'array',
  'object',
  'record',
  'tuple',
  'null',
];

/** An issue of a schema, in words of ours. The parts of the path are `.key`, `[2]`, and `.*` for a key of the value. */
export interface SafeIssue {
  readonly message: string;
  readonly path: readonly string[];
  readonly fix?: string;
}

/**
 * Runs a schema of the user's and keeps nothing of its messages: Valibot and ArkType quote the value in theirs, and any
 * schema may do so in its own. What is said instead comes from fixed lists, and paths name only keys of the schema.
 */
export function runSchema(
  schema: StandardSchema,
  value: unknown,
): { readonly value: unknown } | { readonly issues: readonly SafeIssue[] } {
  try {
    const result = schema['~standard'].validate(value);
    if (isPromise(result)) {
      // zod answers with a promise as well when a synchronous check of the user's threw.
      result.then(undefined, () => undefined); // an unhandled rejection would print what the schema threw
      return broken(
        'has a schema that throws or answers later',
        'Use checks that are synchronous and report.',
      );
    }
    if (result.issues === undefined) return { value: result.value };
    const issues = result.issues.map((issue) => safeIssue(schema, value, issue));
    return { issues: issues.length === 0 ? [{ message: refused, path: [] }] : issues };
  } catch {
    return broken('makes its schema throw', 'Let the schema report an issue instead of throwing.');
  }
}

/** {@link runSchema} for the value of one variable. */
export function validateWith(schema: StandardSchema, value: unknown): Parsed {
  const result = runSchema(schema, value);
  if ('value' in result) return result;
  return {
    faults: result.issues.map(({ path, ...issue }) =>
      path.length === 0 ? issue : { ...issue, path: path.join('') },
    ),
  };
}

const refused = 'is refused by its schema';

function broken(message: string, fix: string): { readonly issues: readonly SafeIssue[] } {
  return { issues: [{ message, path: [], fix }] };
}

function safeIssue(schema: unknown, value: unknown, issue: StandardIssue): SafeIssue {
  const code = wordOf(issue, 'code');
  const known = code !== undefined && Object.hasOwn(codes, code) ? codes[code] : undefined;
  const expected = wordOf(issue, 'expected');
  const type =
    code === 'invalid_type' && expected !== undefined && types.includes(expected) ? expected : undefined;
  const words = type === undefined ? known : `${known} (it must be of the type ${type})`;
  return { message: words ?? refused, path: safePath(schema, value, issue.path ?? []) };
}

function wordOf(issue: StandardIssue, key: string): string | undefined {
  const word: unknown = Reflect.get(issue, key);
  return typeof word === 'string' ? word : undefined;
}

/**
 * Keys that the schema does not list may be part of the value, so they become `.*`; a number is shown where it is the
 * place of an element of a real array.
 */
function safePath(
  schema: unknown,
  value: unknown,
  path: NonNullable<StandardIssue['path']>,
): readonly string[] {
  let at = { schema, value };
  const safe: string[] = [];
  for (const segment of path) {
    const key = typeof segment === 'object' ? segment.key : segment;
    const members = membersOf(at.schema);
    if (typeof key === 'number' && Array.isArray(at.value) && Object.hasOwn(at.value, key)) {
      safe.push(`[${key}]`);
      at = { schema: elementOf(at.schema), value: at.value[key] };
    } else if (typeof key === 'string' && members !== undefined && Object.hasOwn(members, key)) {
      safe.push(`.${key}`);
      at = { schema: members[key], value: memberOf(at.value, key) };
    } else {
      safe.push('.*');
      at = { schema: undefined, value: memberOf(at.value, key) };
    }
  }
  return safe;
}

/** zod keeps an array's schema in `element`, Valibot in `item`. */
function elementOf(schema: unknown): unknown {
  if (!isStandardSchema(schema)) return undefined;
  return Reflect.get(schema, 'element') ?? Reflect.get(schema, 'item');
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
