import { Secret } from '@seaworthy/contracts';
import type { FieldDefault, FieldDefinition } from './field.js';
import { frozenCopy, frozenValue } from './frozen.js';
import type { Gathered } from './gather.js';
import { misspeltAs, type Undeclared } from './misspelt.js';
import type { Fault, Parsed } from './parsed.js';
import { placeholderFault } from './placeholder.js';
import type { Problem } from './problem.js';
import { isHardened, type ResolvedProfile } from './profile.js';
import { publishedPasswords } from './published-passwords.js';
import type { Origin } from './sources/origin.js';
import type { SourceFault } from './sources/source.js';

/** What became of one variable. */
export type Outcome =
  | { readonly state: 'set' | 'default'; readonly value: unknown; readonly origin: Origin }
  | { readonly state: 'unset'; readonly value: unknown }
  | { readonly state: 'failed'; readonly problems: readonly Problem[] };

export interface Circumstances {
  readonly profile: ResolvedProfile;
  readonly gathered: Gathered;
  /** What is set and not declared, to find typos. */
  readonly undeclared: () => readonly Undeclared[];
}

const defaultOrigin: Origin = Object.freeze({ source: 'default', at: 'the default in the schema' });

/** What the defaults that are no secrets were read as when the configuration was defined: frozen, so that it can be shared. */
export const readDefaults = new WeakMap<FieldDefault, unknown>();

/** Reads one variable. An empty text counts as not set. */
export function evaluate(name: string, definition: FieldDefinition, circumstances: Circumstances): Outcome {
  const { profile, gathered } = circumstances;
  if (definition.isProfile === true) {
    return {
      state: 'set',
      value: profile.name,
      origin: { source: 'profile', at: `the profile, ${profile.reason}` },
    };
  }
  const entry = gathered.entry(name);
  if (entry !== undefined && 'fault' in entry) {
    return { state: 'failed', problems: [sourceProblem(entry)] };
  }
  if (entry !== undefined && entry.value !== '') {
    const { origin } = entry;
    return outcomeOf(name, definition, readText(name, definition, entry.value, profile), 'set', origin);
  }
  const fallback = defaultFor(definition, profile.name);
  if (fallback !== undefined && readDefaults.has(fallback)) {
    // Copied, because what cannot be frozen in it is not to be shared between loads.
    return { state: 'default', value: frozenCopy(readDefaults.get(fallback)), origin: defaultOrigin };
  }
  if (fallback !== undefined) {
    const parsed = readText(name, definition, definition.format(fallback.literal), profile, {
      ownDefault: true,
    });
    return outcomeOf(name, definition, parsed, 'default', defaultOrigin);
  }
  if (definition.optional) return { state: 'unset', value: undefined };
  const said = definition.parseMissing?.();
  if (said !== undefined && 'value' in said) {
    // A secret whose schema made this up was refused when it was defined, unless the schema decides anew each time.
    if (definition.exposure !== 'secret' || said.value === undefined) {
      const made = frozenValue(said.value);
      return 'value' in made
        ? { state: 'unset', value: made.value }
        : outcomeOf(name, definition, made, 'default', defaultOrigin);
    }
    return outcomeOf(
      name,
      definition,
      protect(name, definition, said.value, profile),
      'default',
      defaultOrigin,
    );
  }
  return { state: 'failed', problems: [missingProblem(name, definition, circumstances)] };
}

/** The text's value, wrapped when it is a secret. */
export function readText(
  name: string,
  definition: FieldDefinition,
  text: string,
  profile: ResolvedProfile,
  { ownDefault = false }: { readonly ownDefault?: boolean } = {},
): Parsed {
  const parsed = definition.parse(text);
  if ('faults' in parsed) return parsed;
  const faults = definition.exposure === 'client' ? publishedPasswords(parsed.value) : [];
  if (faults.length > 0) return { faults };
  if (definition.exposure !== 'secret') return frozenValue(parsed.value);
  return protect(name, definition, parsed.value, profile, ownDefault);
}

/** The text, or each text of a list, as a {@link Secret}, unless it is a bad one. */
export function protect(
  name: string,
  definition: FieldDefinition,
  given: unknown,
  profile: ResolvedProfile,
  ownDefault = false,
): Parsed {
  const texts = Array.isArray(given) ? given : [given];
  const faults: Fault[] = [];
  const secrets = texts.map((value: unknown, index) => {
    const path = Array.isArray(given) ? `[${index}]` : '';
    const fault = typeof value === 'string' ? secretFault(value, definition, profile, ownDefault) : notText;
    if (fault !== undefined) faults.push(path === '' ? fault : { ...fault, path });
    return new Secret(`${name}${path}`, typeof value === 'string' ? value : '');
  });
  if (faults.length > 0) return { faults };
  return { value: Array.isArray(given) ? Object.freeze(secrets) : secrets[0] };
}

const notText: Fault = { message: 'is read as something that is no text, and so cannot be a secret' };

function secretFault(
  text: string,
  definition: FieldDefinition,
  profile: ResolvedProfile,
  ownDefault: boolean,
): Fault | undefined {
  const { minBytes = 1, generate } = definition.secret ?? {};
  const make = generate === undefined ? {} : { fix: `Make a new one: ${generate}` };
  if (Buffer.byteLength(text) < minBytes) return { message: `is shorter than ${minBytes} bytes`, ...make };
  if (ownDefault || !isHardened(profile.name)) return undefined;
  const insecure = {
    code: 'insecure',
    expected: `a secret of your own in ${profile.name}`,
    ...make,
  } as const;
  if (isDevelopmentDefault(text, definition)) {
    return { message: 'is the development default, which stands in the source code', ...insecure };
  }
  const chosen = definition.chosenPart === undefined ? text : definition.chosenPart(text);
  const fault = chosen === undefined ? undefined : placeholderFault(chosen);
  return fault === undefined ? undefined : { message: fault, ...insecure };
}

function isDevelopmentDefault(text: string, definition: FieldDefinition): boolean {
  const literals = definition.defaults.flatMap(({ literal }) =>
    Array.isArray(literal) ? literal : [literal],
  );
  return literals.includes(text);
}

/** The default of the profile, or the one for all. */
export function defaultFor(definition: FieldDefinition, profile: ResolvedProfile['name']) {
  const own = definition.defaults.findLast(({ only }) => only?.includes(profile) === true);
  return own ?? definition.defaults.find(({ only }) => only === undefined);
}

function outcomeOf(
  name: string,
  definition: FieldDefinition,
  parsed: Parsed,
  state: 'set' | 'default',
  origin: Origin,
): Outcome {
  if ('value' in parsed) return { state, value: parsed.value, origin };
  const problems = parsed.faults.map((fault) => faultProblem(name, definition, fault, origin));
  return { state: 'failed', problems };
}

export function faultProblem(
  name: string,
  definition: FieldDefinition,
  fault: Fault,
  origin: Origin,
): Problem {
  return {
    code: fault.code ?? 'invalid',
    name,
    ...(fault.path === undefined ? {} : { path: fault.path }),
    message: fault.message,
    expected: fault.expected ?? expectedOf(definition),
    fix: fault.fix ?? `Correct ${name} in ${origin.at}.`,
    origin,
  };
}

export function missingProblem(
  name: string,
  definition: FieldDefinition,
  { undeclared, gathered }: Circumstances,
  message = 'is not set',
): Problem {
  const typo = misspeltAs(name, undeclared());
  const generate = definition.exposure === 'secret' ? definition.secret?.generate : undefined;
  const set = howToSet(name, gathered.sources);
  return {
    code: 'missing',
    name,
    message: typo === undefined ? message : `${message}, but ${typo} is`,
    expected: expectedOf(definition),
    fix: generate === undefined ? set : `${set} Make one: ${generate}`,
  };
}

const places: Readonly<Record<string, string>> = { environment: 'the environment', dotenv: 'a dotenv file' };

/** Names only what was asked: a dotenv file that nothing reads would help nobody. */
function howToSet(name: string, asked: readonly string[]): string {
  const known = Object.keys(places).filter((source) => asked.includes(source));
  const others = asked.filter((source) => source !== 'files' && !Object.hasOwn(places, source));
  const all = [...new Set([...known, ...others])].map((source) => places[source] ?? `the source ${source}`);
  const ways = [
    ...(all.length === 0 ? [] : [`${name} in ${all.join(' or in ')}`]),
    ...(asked.includes('files') ? [`${name}_FILE to the path of a file that holds it`] : []),
  ];
  return ways.length === 0 ? `Add a source that gives ${name}.` : `Set ${ways.join(', or ')}.`;
}

export function sourceProblem({ name, fault, origin }: SourceFault): Problem {
  return { code: fault.code, name, message: fault.message, expected: fault.expected, fix: fault.fix, origin };
}

/** What the field accepts, with what being a secret adds to it. */
export function expectedOf({ expected, exposure, secret }: FieldDefinition): string {
  const minBytes = secret?.minBytes ?? 1;
  return exposure === 'secret' && minBytes > 1 ? `${expected}, of at least ${minBytes} bytes` : expected;
}
