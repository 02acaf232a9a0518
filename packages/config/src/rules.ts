import { OptionsError } from '@seaworthy/contracts';
import { isProfile, type Profile, profiles } from './profile.js';

type Name<Values> = keyof Values & string;

/** A condition on several variables, made by {@link RuleBuilder}. */
export type Rule =
  | { readonly kind: 'requires'; readonly condition: RuleCondition; readonly names: readonly string[] }
  | { readonly kind: 'together'; readonly names: readonly string[] }
  | {
      readonly kind: 'check';
      readonly condition: RuleCondition;
      readonly names: readonly string[];
      readonly message: string;
      readonly holds: (values: never) => boolean;
    };

export type RuleCondition =
  | { readonly kind: 'always' }
  | { readonly kind: 'profile'; readonly profiles: readonly Profile[] }
  | { readonly kind: 'equals'; readonly name: string; readonly value: unknown }
  | { readonly kind: 'set'; readonly name: string };

/** What a rule may demand once its condition holds. */
export interface Demands<Values> {
  /** Each of the named variables must have a value; each that has none is a problem. */
  requires(...names: readonly [Name<Values>, ...Name<Values>[]]): Rule;
  /**
   * `holds` must return true. It is asked when every named variable is valid, whatever is wrong with others; once or twice
   * in a load, so it answers from the values alone.
   */
  check<const Names extends readonly [Name<Values>, ...Name<Values>[]]>(
    names: Names,
    message: string,
    holds: (values: Pick<Values, Names[number]>) => boolean,
  ): Rule;
}

/** Makes rules whose names and values the compiler checks against the fields. */
export interface RuleBuilder<Values> extends Pick<Demands<Values>, 'check'> {
  /** In the given profiles. */
  profile(...names: readonly [Profile, ...Profile[]]): Demands<Values>;
  /** When the variable has exactly this value. A variable that is itself wrong leaves the rule undecided. */
  equals<N extends Name<Values>>(name: N, value: Values[N] & (string | number | boolean)): Demands<Values>;
  /** When the variable has a value, be it a default. */
  set(name: Name<Values>): Demands<Values>;
  /** All of them or none: when one is set by a source, each of the others must have a value. */
  together(...names: readonly [Name<Values>, Name<Values>, ...Name<Values>[]]): Rule;
}

const owner = 'defineConfig: rules';

export function ruleBuilder<Values>(requireName: (owner: string, name: string) => void): RuleBuilder<Values> {
  function named(names: readonly string[]): readonly string[] {
    for (const name of names) requireName(owner, name);
    return names;
  }
  function demands(condition: RuleCondition): Demands<Values> {
    return {
      requires: (...names) => ({ kind: 'requires', condition, names: named(names) }),
      check(names, message, holds) {
        if (typeof message !== 'string' || message === '') {
          throw new OptionsError(`${owner}: check() takes a message after the names.`, {
            code: 'INVALID_OPTION',
          });
        }
        return { kind: 'check', condition, names: named(names), message, holds };
      },
    };
  }
  return {
    check: demands({ kind: 'always' }).check,
    profile(...names) {
      if (!names.every((name) => isProfile(name))) {
        throw new OptionsError(`${owner}: profile() takes ${profiles.join(', ')}.`, {
          code: 'INVALID_OPTION',
        });
      }
      return demands({ kind: 'profile', profiles: names });
    },
    equals(name, value) {
      named([name]);
      return demands({ kind: 'equals', name, value });
    },
    set(name) {
      named([name]);
      return demands({ kind: 'set', name });
    },
    together: (...names) => ({ kind: 'together', names: named(names) }),
  };
}

const kinds: readonly unknown[] = ['requires', 'together', 'check'];

/** @throws OptionsError for what is no list of rules: one without its list around it would never be asked. */
export function checkRules(given: unknown): readonly Rule[] {
  if (Array.isArray(given) && given.every(isRule)) return given;
  throw new OptionsError(
    'defineConfig: rules must give a list of rules, each with what it demands: (rule) => [rule.set(…).requires(…)].',
    { code: 'INVALID_OPTION' },
  );
}

function isRule(given: unknown): given is Rule {
  if (typeof given !== 'object' || given === null || !('kind' in given) || !('names' in given)) return false;
  return kinds.includes(given.kind) && Array.isArray(given.names) && given.names.length > 0;
}
