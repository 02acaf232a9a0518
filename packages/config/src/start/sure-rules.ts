import { isProfile } from '../profile.js';
import type { Demands, Rule, RuleBuilder, RuleCondition } from '../rules.js';

type Values = Record<string, unknown>;

/** The rules, or `undefined` when one of them names what is not declared, or cannot be one: then the full builder says so. */
export function sureRules(
  make: ((rule: RuleBuilder<Values>) => readonly Rule[]) | undefined,
  fields: ReadonlyMap<string, unknown>,
): readonly Rule[] | undefined {
  if (make === undefined) return [];
  try {
    const rules = make({
      check: demands({ kind: 'always' }).check,
      profile: (...profiles) => demands({ kind: 'profile', profiles }),
      equals: (name, value) => demands({ kind: 'equals', name, value }),
      set: (name) => demands({ kind: 'set', name }),
      together: (...names) => ({ kind: 'together', names }),
    });
    for (const rule of rules) if (!isSure(rule, fields)) return undefined;
    return rules;
  } catch {
    return undefined;
  }
}

function demands(condition: RuleCondition): Demands<Values> {
  return {
    requires: (...names) => ({ kind: 'requires', condition, names }),
    check: (names, message, holds) => ({ kind: 'check', condition, names, message, holds }),
  };
}

function isSure(rule: Rule, fields: ReadonlyMap<string, unknown>): boolean {
  for (const name of rule.names) if (!fields.has(name)) return false;
  if (rule.kind === 'together') return true;
  const { condition } = rule;
  if ('name' in condition && !fields.has(condition.name)) return false;
  if ('profiles' in condition && !condition.profiles.every(isProfile)) return false;
  return rule.kind !== 'check' || (typeof rule.message === 'string' && rule.message !== '');
}
