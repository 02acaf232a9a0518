import { isAlphanumeric } from '../ascii.js';
import type { ConfigOptions, Fields } from '../define-config.js';
import { isProfile, type ProfileOptions, profileNames } from '../profile.js';
import type { UnknownOptions } from '../unknown-variables.js';
import { isOptions, isTexts } from './accepted-by.js';
import type { Facts } from './facts.js';
import { factsOf } from './sketch.js';
import type { SureSchema } from './start-surely.js';
import { sureRules } from './sure-rules.js';

export interface SureDeclaration {
  readonly schema: SureSchema;
  readonly profile: ProfileOptions;
  /** A copy of what was given, for the full schema when it is made. */
  readonly options: ConfigOptions<Fields>;
}

const ordinary: ProfileOptions = {};

/** A name that is sound, and that no build tool writes into a bundle. */
function isPrivateName(name: string): boolean {
  if (name.includes('PUBLIC_') || name.startsWith('VITE_') || name.startsWith('REACT_APP_')) return false;
  const first = name.charAt(0);
  return first >= 'A' && first !== '_' && isAlphanumeric(name, '_');
}

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
  const fields = new Map<string, Facts>();
  for (const name of Object.keys(given.fields)) {
    const facts = factsOf(Reflect.get(given.fields, name));
    if (facts === undefined || !isPrivateName(name)) return undefined;
    if (facts.exposure === 'secret' && !isSureOfDefaults(facts)) return undefined;
    fields.set(name, facts);
  }
  for (const name of fields.keys())
    if (name.endsWith('_FILE') && fields.has(name.slice(0, -'_FILE'.length))) return undefined;
  const rules = sureRules(make as ConfigOptions<Fields>['rules'], fields);
  if (rules === undefined) return undefined;
  const options = { profile, fields: { ...given.fields } as Fields, rules: () => rules };
  return {
    schema: { fields, rules, unknown, profileNames: profileNames(profile) },
    profile,
    options: unknown === undefined ? options : { ...options, unknown },
  };
}

/** The default of a secret stands in the source code, and is for development and test. */
function isSureOfDefaults({ defaults, minBytes = 1 }: Facts): boolean {
  return defaults.every(
    ({ value, only = ['production'] }) =>
      only.every((name) => name === 'development' || name === 'test') && String(value).length >= minBytes,
  );
}

function isProfileOptions(given: unknown): given is ProfileOptions {
  if (!isOptions(given, ['from', 'unset'])) return false;
  const { from, unset } = given;
  return (from === undefined || isTexts(from)) && (unset === undefined || isProfile(String(unset)));
}

function isUnknownOptions(given: unknown): given is UnknownOptions {
  if (!isOptions(given, ['prefixes', 'action', 'except'])) return false;
  const { prefixes, action = 'warn', except = [] } = given;
  const isList = Array.isArray(except) && (except.length === 0 || isTexts(except));
  return isTexts(prefixes) && isList && (action === 'warn' || action === 'refuse');
}
