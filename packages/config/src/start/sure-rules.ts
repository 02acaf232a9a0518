import { isProfile } from '../profile.js';
import type { Demands, Rule, RuleBuilder, RuleCondition } from '../rules.js';

type Values = Record<string, unknown>;

/** The rules, or `undefined` when one of them names what is not declared, or cannot be one: then the full builder says so. */
export function sureRules(
  make: ((rule: RuleBuilder<Values>) => readonly Rule[]) | undefined,
  isField: (name: string) => boolean,
): readonly Rule[] | undefined {
  if (make === undefined) return [];
  try {
    const rules = make(builder());
    return rules.every((rule) => isSure(rule, isField)) ? rules : undefined;
  } catch {
    return undefined;
  }
}

function builder(): RuleBuilder<Values> {
  const demands = (condition: RuleCondition): Demands<Values> => ({
    requires: (...names) => ({ kind: 'requires', condition, names }),
    check: (names, message, holds) => ({ kind: 'check', condition, names, message, holds }),
  });
  return {
    check: demands({ kind: 'always' }).check,
    profile: (...profiles) => demands({ kind: 'profile', profiles }),
    equals: (name, value) => demands({ kind: 'equals', name, value }),
    set: (name) => demands({ kind: 'set', name }),
    together: (...names) => ({ kind: 'together', names }),
  };
}

function isSure(rule: Rule, isField: (name: string) => boolean): boolean {
  if (!rule.names.every(isField)) return false;
  if (rule.kind === 'together') return true;
  const { condition } = rule;
  if ('name' in condition && !isField(condition.name)) return false;
  if ('profiles' in condition && !condition.profiles.every(isProfile)) return false;
  return rule.kind !== 'check' || (typeof rule.message === 'string' && rule.message !== '');
}
