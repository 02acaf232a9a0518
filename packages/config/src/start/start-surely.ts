import { lstatSync } from 'node:fs';
import { Secret } from '@seaworthy/contracts';
import { answerOf } from '../answer-of.js';
import { placeholderFault } from '../placeholder.js';
import { isHardened, type ResolvedProfile } from '../profile.js';
import type { Rule, RuleCondition } from '../rules.js';
import { dotenvFiles } from '../sources/dotenv-files.js';
import type { UnknownOptions } from '../unknown-variables.js';
import type { Facts } from './facts.js';
import { readSurely } from './read-surely.js';
import { mayAskPassword, surePassword } from './sure-url.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What was declared, as far as a start has to know it. */
export interface SureSchema {
  readonly names: readonly string[];
  readonly fields: ReadonlyMap<string, Facts>;
  readonly rules: readonly Rule[];
  readonly unknown: UnknownOptions | undefined;
  /** The variables that may name the profile. */
  readonly profileNames: readonly string[];
}

/** A configuration that was read without the rest of the package. */
export interface SureStart {
  readonly values: Readonly<Record<string, unknown>>;
  readonly profile: ResolvedProfile;
  /** Of each field, in their order; `profile` is one that the profile gave and no variable. */
  readonly states: readonly SureState[];
}

type SureState = 'set' | 'default' | 'unset' | 'profile';

/**
 * The configuration when the environment alone gives it and nothing about it is doubtful, as at most starts in production.
 * Otherwise `undefined`: then the rest of the package decides, which asks every source and finds every problem. Where this
 * gives values, the rest gives the same.
 */
export function startSurely(
  schema: SureSchema,
  env: Environment,
  cwd: string,
  profile: ResolvedProfile,
): SureStart | undefined {
  if (hasFiles(cwd, profile)) return undefined;
  const { profileNames, rules } = schema;
  for (let at = 0; at < profileNames.length; at += 1) {
    const name = profileNames[at] ?? '';
    if (!isPlain(env, name, env[name])) return undefined;
  }
  const states: SureState[] = [];
  const values = sureValues(schema, env, profile, states);
  if (values === undefined) return undefined;
  const start = { values, profile, states };
  for (let at = 0; at < rules.length; at += 1) {
    const rule = rules[at];
    if (rule === undefined || isBroken(rule, schema, start)) return undefined;
  }
  return schema.unknown !== undefined && hasUnknown(schema, schema.unknown, env) ? undefined : start;
}

/** The frozen values; what became of each goes to `states`. */
function sureValues(
  { names, fields }: SureSchema,
  env: Environment,
  profile: ResolvedProfile,
  states: SureState[],
): SureStart['values'] | undefined {
  const values: Record<string, unknown> = {};
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at] ?? '';
    const facts = fields.get(name);
    const text = env[name];
    if (facts === undefined || !isPlain(env, name, text)) return undefined;
    if (facts.kind === 'profile') {
      values[name] = profile.name;
      states.push(text === undefined ? 'profile' : 'set');
    } else if (text !== undefined && text !== '') {
      // Perhaps behind a password, which nobody but the whole package looks for.
      if (facts.exposure === 'client' && (text.includes('@') || mayAskPassword(text))) return undefined;
      const value = readSurely(facts, text);
      const kept =
        facts.exposure === 'secret' && value !== undefined ? protect(name, facts, text, profile) : value;
      if (kept === undefined) return undefined;
      values[name] = kept;
      states.push('set');
    } else {
      const value = defaultFor(facts, profile);
      if (value === undefined ? !facts.optional : facts.exposure === 'secret') return undefined;
      values[name] = value;
      states.push(value === undefined ? 'unset' : 'default');
    }
  }
  return Object.freeze(values);
}

/**
 * The environment's own text, or none, and nothing says that a file holds the value. A caller of JavaScript may hand over an
 * environment with numbers in it.
 */
function isPlain(env: Environment, name: string, text: string | undefined): boolean {
  if (text !== undefined && (typeof text !== 'string' || !Object.hasOwn(env, name))) return false;
  const pointer = env[`${name}_FILE`];
  return pointer === undefined || pointer === '';
}

function protect(name: string, facts: Facts, text: string, profile: ResolvedProfile): Secret | undefined {
  if (text.length < facts.minBytes) return undefined;
  if (isHardened(profile.name)) {
    if (facts.limited.length > 0 && isDefault(facts, text)) return undefined;
    if (facts.kind === 'url' && mayAskPassword(text)) return undefined;
    const chosen = facts.kind === 'url' ? surePassword(text) : text;
    if (chosen !== '' && placeholderFault(chosen) !== undefined) return undefined;
  }
  return new Secret(name, text);
}

/** The default of the profile, the last one that was given, or the one for all. */
function defaultFor(facts: Facts, profile: ResolvedProfile): unknown {
  return facts.limited.length === 0 ? facts.fallback : limitedDefaultFor(facts, profile);
}

const limitedDefaultFor = ({ fallback, limited }: Facts, profile: ResolvedProfile): unknown => {
  const found = limited.findLast(({ only }) => only.includes(profile.name));
  return found === undefined ? fallback : found.value;
};

const isDefault = ({ limited }: Facts, text: string): boolean => limited.some(({ value }) => value === text);

function isBroken(rule: Rule, schema: SureSchema, start: SureStart): boolean {
  if (rule.kind !== 'requires') return isSeldomBroken(rule, schema, start);
  return holds(rule.condition, start) && lacks(rule, start);
}

const isSeldomBroken = (
  rule: Exclude<Rule, { readonly kind: 'requires' }>,
  { names }: SureSchema,
  start: SureStart,
): boolean => {
  const { values, states } = start;
  if (rule.kind === 'together') {
    const isSet = (name: string, at: number) =>
      (states[at] === 'set' || states[at] === 'profile') && rule.names.includes(name);
    return names.some(isSet) && lacks(rule, start);
  }
  if (!holds(rule.condition, start)) return false;
  const asked = Object.fromEntries(rule.names.map((name) => [name, values[name]]));
  return answerOf(rule.holds, asked) !== true;
};

function lacks({ names }: Rule, { values }: SureStart): boolean {
  for (let at = 0; at < names.length; at += 1) if (values[names[at] ?? ''] === undefined) return true;
  return false;
}

function holds(condition: RuleCondition, { values, profile }: SureStart): boolean {
  if (condition.kind === 'always') return true;
  if (condition.kind === 'profile') return condition.profiles.includes(profile.name);
  const value = values[condition.name];
  return condition.kind === 'set' ? value !== undefined : Object.is(value, condition.value);
}

const hasUnknown = (
  { names, profileNames }: SureSchema,
  { prefixes, except = [] }: UnknownOptions,
  env: Environment,
): boolean => {
  const isKnown = (name: string) => names.includes(name) || profileNames.includes(name);
  return Object.keys(env).some((name) => {
    if (!prefixes.some((prefix) => name.startsWith(prefix)) || except.includes(name)) return false;
    return !isKnown(name) && !(name.endsWith('_FILE') && isKnown(name.slice(0, -'_FILE'.length)));
  });
};

/** Whether there is a dotenv file, or the folder stands in a mounted volume, in which one may be about to appear. */
function hasFiles(cwd: string, { name }: ResolvedProfile): boolean {
  if (!cwd.startsWith('/')) return true; // a relative path, or one of Windows
  try {
    const files = dotenvFiles(name);
    for (let at = 0; at < files.length; at += 1) if (exists(`${cwd}/${files[at]}`)) return true;
    for (let folder = cwd; folder !== ''; folder = folder.slice(0, folder.lastIndexOf('/'))) {
      if (exists(`${folder}/..data`)) return true;
    }
    return exists('/..data');
  } catch {
    return true;
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
