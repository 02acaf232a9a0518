import { isProfile, type Profile } from '../profile.js';
import type { Demands, Rule, RuleBuilder, RuleCondition } from '../rules.js';

type Values = Record<string, unknown>;
type Check = Extract<Rule, { readonly kind: 'check' }>;

/** The rules, or `undefined` when one of them names what is not declared, or cannot be one: then the full builder says so. */
export function sureRules(
  make: ((rule: RuleBuilder<Values>) => readonly Rule[]) | undefined,
  declared: readonly string[],
): readonly Rule[] | undefined {
  if (make === undefined) return [];
  try {
    const rules = make({ check: check.bind(undefined, { kind: 'always' }), profile, equals, set, together });
    if (!Array.isArray(rules)) return undefined;
    for (let at = 0; at < rules.length; at += 1) if (!isSure(rules[at], declared)) return undefined;
    return rules;
  } catch {
    return undefined;
  }
}

function profile(...profiles: readonly Profile[]): Demands<Values> {
  return demands({ kind: 'profile', profiles });
}

function equals(name: string, value: unknown): Demands<Values> {
  return demands({ kind: 'equals', name, value });
}

const set = (name: string): Demands<Values> => demands({ kind: 'set', name });

const together = (...names: readonly string[]): Rule => ({ kind: 'together', names });

function demands(condition: RuleCondition): Demands<Values> {
  return { requires: requires.bind(undefined, condition), check: check.bind(undefined, condition) };
}

function requires(condition: RuleCondition, ...names: readonly string[]): Rule {
  return { kind: 'requires', condition, names };
}

const check = (
  condition: RuleCondition,
  names: readonly string[],
  message: string,
  holds: Check['holds'],
): Rule => ({ kind: 'check', condition, names, message, holds });

function isSure(rule: Rule | undefined, declared: readonly string[]): boolean {
  if (rule === undefined || rule.names.length === 0) return false;
  const { names } = rule;
  for (let at = 0; at < names.length; at += 1) if (!declared.includes(names[at] ?? '')) return false;
  if (rule.kind === 'together') return true;
  const { condition } = rule;
  if (condition.kind === 'profile') return condition.profiles.every(isProfile) && hasMessage(rule);
  if (condition.kind !== 'always' && !declared.includes(condition.name)) return false;
  return hasMessage(rule);
}

function hasMessage(rule: Rule): boolean {
  return rule.kind !== 'check' || (typeof rule.message === 'string' && rule.message !== '');
}
