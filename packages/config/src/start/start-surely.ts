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
import { surePassword } from './sure-url.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What was declared, as far as a start has to know it. */
export interface SureSchema {
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
  readonly states: ReadonlyMap<string, 'set' | 'default' | 'unset'>;
  /** The variables that stand in the environment, be it with an empty text. */
  readonly present: ReadonlySet<string>;
}

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
  for (const name of schema.profileNames) if (!isPlain(env, name, env[name])) return undefined;
  const values: Record<string, unknown> = {};
  const states = new Map<string, 'set' | 'default' | 'unset'>();
  const present = new Set<string>();
  for (const [name, facts] of schema.fields) {
    const text = env[name];
    if (!isPlain(env, name, text)) return undefined;
    if (text !== undefined) present.add(name);
    if (facts.kind === 'profile') {
      values[name] = profile.name;
      states.set(name, 'set');
    } else if (text !== undefined && text !== '') {
      const value = readSurely(facts, text);
      if (value === undefined) return undefined;
      values[name] = facts.exposure === 'secret' ? protect(name, facts, text, profile) : value;
      if (values[name] === undefined) return undefined;
      states.set(name, 'set');
    } else {
      const fallback = defaultFor(facts, profile);
      if (fallback === undefined && !facts.optional) return undefined;
      if (fallback !== undefined && facts.exposure === 'secret') return undefined;
      values[name] = fallback?.value;
      states.set(name, fallback === undefined ? 'unset' : 'default');
    }
  }
  const start = { values: Object.freeze(values), profile, states, present };
  for (const rule of schema.rules) if (isBroken(rule, start)) return undefined;
  return schema.unknown !== undefined && hasUnknown(schema, schema.unknown, env) ? undefined : start;
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
  if (text.length < (facts.minBytes ?? 1)) return undefined;
  if (isHardened(profile.name)) {
    for (const { value } of facts.defaults) if (value === text) return undefined;
    const chosen = facts.kind === 'url' ? surePassword(text) : text;
    if (chosen !== '' && placeholderFault(chosen) !== undefined) return undefined;
  }
  return new Secret(name, text);
}

/** The default of the profile, the last one that was given, or the one for all. */
function defaultFor({ defaults }: Facts, { name }: ResolvedProfile): Facts['defaults'][number] | undefined {
  let found: Facts['defaults'][number] | undefined;
  for (const fallback of defaults) {
    if (fallback.only === undefined ? found === undefined : fallback.only.includes(name)) found = fallback;
  }
  return found;
}

function isBroken(rule: Rule, start: SureStart): boolean {
  if (rule.kind === 'together')
    return rule.names.some((name) => start.states.get(name) === 'set') && lacks(rule, start);
  if (!holds(rule.condition, start)) return false;
  if (rule.kind === 'requires') return lacks(rule, start);
  const asked = Object.fromEntries(rule.names.map((name) => [name, start.values[name]]));
  return answerOf(rule.holds, asked) !== true;
}

function lacks({ names }: Rule, { values }: SureStart): boolean {
  for (const name of names) if (values[name] === undefined) return true;
  return false;
}

function holds(condition: RuleCondition, { values, profile }: SureStart): boolean {
  if (condition.kind === 'always') return true;
  if (condition.kind === 'profile') return condition.profiles.includes(profile.name);
  const value = values[condition.name];
  return condition.kind === 'set' ? value !== undefined : Object.is(value, condition.value);
}

function hasUnknown(
  { fields, profileNames }: SureSchema,
  { prefixes, except = [] }: UnknownOptions,
  env: Environment,
): boolean {
  const isKnown = (name: string) => fields.has(name) || profileNames.includes(name);
  return Object.keys(env).some((name) => {
    if (!prefixes.some((prefix) => name.startsWith(prefix)) || except.includes(name)) return false;
    return !isKnown(name) && !(name.endsWith('_FILE') && isKnown(name.slice(0, -'_FILE'.length)));
  });
}

/** Whether there is a dotenv file, or the folder stands in a mounted volume, in which one may be about to appear. */
function hasFiles(cwd: string, { name }: ResolvedProfile): boolean {
  if (!cwd.startsWith('/')) return true; // a relative path, or one of Windows
  try {
    for (const file of dotenvFiles(name)) if (exists(`${cwd}/${file}`)) return true;
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
