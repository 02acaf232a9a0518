import { includesAny, isAlphanumeric } from '../ascii.js';
import type { ConfigOptions, Fields } from '../define-config.js';
import { isProfile, type ProfileOptions, profileNames } from '../profile.js';
import { publicPrefixes } from '../public-prefixes.js';
import type { UnknownOptions } from '../unknown-variables.js';
import { isOptions, isTexts } from './accepted-by.js';
import type { Facts } from './facts.js';
import { factsOf } from './sketch.js';
import type { SureSchema } from './start-surely.js';
import { sureRules } from './sure-rules.js';

export interface SureDeclaration {
  readonly schema: SureSchema;
  readonly profile: ProfileOptions;
}

const ordinary: ProfileOptions = {};

/**
 * What was declared, when all of it is known to be right without the full definitions of the fields. Otherwise `undefined`:
 * then the full schema is made, which takes it or refuses it.
 */
export function sureDeclaration(given: unknown): SureDeclaration | undefined {
  if (!isOptions(given, ['profile', 'fields', 'rules', 'unknown'])) return undefined;
  const { profile = ordinary, rules: make, unknown } = given;
  if (profile !== ordinary && !isProfileOptions(profile)) return undefined;
  if (unknown !== undefined && !isUnknownOptions(unknown)) return undefined;
  if (typeof given.fields !== 'object' || given.fields === null) return undefined;
  const names = Object.keys(given.fields);
  const fields = arePrivateNames(names) ? sureFields(given.fields, names) : undefined;
  if (fields === undefined) return undefined;
  const rules = sureRules(make as ConfigOptions<Fields>['rules'], names);
  if (rules === undefined) return undefined;
  return { schema: { names, fields, rules, unknown, profileNames: profileNames(profile) }, profile };
}

/** What was declared, for the full schema when it is made. */
export const declaredOptions = ({ schema, profile }: SureDeclaration): ConfigOptions<Fields> => {
  const { fields, rules, unknown } = schema;
  const options = {
    profile,
    fields: Object.fromEntries([...fields].map(([name, { field }]) => [name, field])),
    rules: () => rules,
  };
  return unknown === undefined ? options : { ...options, unknown };
};

/** What is known of each. A function of its own, because V8 compiles once more what a loop runs often, and then all of it. */
function sureFields(given: object, names: readonly string[]): ReadonlyMap<string, Facts> | undefined {
  const fields = new Map<string, Facts>();
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at] ?? '';
    const facts = factsOf(Reflect.get(given, name));
    if (facts === undefined || (facts.exposure !== 'server' && !isSureOfDefaults(facts))) return undefined;
    fields.set(name, facts);
  }
  return fields;
}

/** Names that are sound, that no build tool writes into a bundle, and none of which is the `X_FILE` of another. */
function arePrivateNames(names: readonly string[]): boolean {
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at] ?? '';
    if (!isAlphanumeric(name, '_') || !(name.charAt(0) >= 'A') || name.startsWith('_')) return false;
    if (includesAny(name, doubtful) && !isPrivateName(name, names)) return false;
  }
  return true;
}

const doubtful = ['_FILE', 'PUBLIC_', 'VITE_', '_APP_', 'GATSBY_', 'STORYBOOK_'];

const isPrivateName = (name: string, names: readonly string[]): boolean => {
  if (name.includes('PUBLIC_') || publicPrefixes.some((prefix) => name.startsWith(prefix))) return false;
  return !name.endsWith('_FILE') || !names.includes(name.slice(0, -'_FILE'.length));
};

/** The default of a secret stands in the source code, and is for development and test; one for browsers holds no password. */
function isSureOfDefaults({ exposure, fallback, limited, minBytes }: Facts): boolean {
  if (exposure === 'client') return !/[@?]/.test([fallback, ...limited.map(({ value }) => value)].join());
  if (fallback !== undefined || limited.length === 0) return fallback === undefined;
  return limited.every(
    ({ value, only }) =>
      String(value).length >= minBytes && !only.includes('staging') && !only.includes('production'),
  );
}

const isProfileOptions = (given: unknown): given is ProfileOptions => {
  if (!isOptions(given, ['from', 'unset'])) return false;
  const { from, unset } = given;
  return (from === undefined || isTexts(from)) && (unset === undefined || isProfile(String(unset)));
};

const isUnknownOptions = (given: unknown): given is UnknownOptions => {
  if (!isOptions(given, ['prefixes', 'action', 'except'])) return false;
  const { prefixes, action = 'warn', except = [] } = given;
  const isList = Array.isArray(except) && (except.length === 0 || isTexts(except));
  return isTexts(prefixes) && isList && (action === 'warn' || action === 'refuse');
};
