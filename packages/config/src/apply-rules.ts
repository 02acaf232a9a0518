import { answerOf } from './answer-of.js';
import { type Circumstances, missingProblem, type Outcome } from './evaluate.js';
import type { FieldDefinition } from './field.js';
import type { Problem } from './problem.js';
import type { Rule, RuleCondition } from './rules.js';

export interface RuleSubject {
  readonly definitions: ReadonlyMap<string, FieldDefinition>;
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly circumstances: Circumstances;
}

/**
 * Runs every rule, whatever else is wrong. A rule that stands on a variable which is itself wrong is undecided and says
 * nothing; a variable that several rules miss is missed once.
 */
export function applyRules(rules: readonly Rule[], subject: RuleSubject): readonly Problem[] {
  const problems: Problem[] = [];
  const missed = new Set<string>();
  for (const rule of rules) {
    if (rule.kind === 'check') {
      problems.push(...checkProblems(rule, subject));
      continue;
    }
    const reason =
      rule.kind === 'together' ? partlySet(rule.names, subject) : reasonOf(rule.condition, subject);
    if (reason === undefined) continue;
    for (const name of rule.names) {
      if (!lacksValue(name, subject) || missed.has(name)) continue;
      missed.add(name);
      const definition = subject.definitions.get(name);
      if (definition === undefined) continue;
      problems.push(
        missingProblem(name, definition, subject.circumstances, `is not set, and is required ${reason}`),
      );
    }
  }
  return problems;
}

/** Why the condition holds, or `undefined` when it does not or nobody can tell. */
function reasonOf(condition: RuleCondition, { outcomes, circumstances }: RuleSubject): string | undefined {
  if (condition.kind === 'always') return '';
  if (condition.kind === 'profile') {
    const { name } = circumstances.profile;
    return condition.profiles.includes(name) ? `in ${name}` : undefined;
  }
  const outcome = outcomes.get(condition.name);
  if (outcome === undefined || outcome.state === 'failed') return undefined;
  if (condition.kind === 'set') return outcome.value === undefined ? undefined : `with ${condition.name}`;
  // The value stands in the code of the schema, and even so is not repeated: it may be what the variable holds.
  return Object.is(outcome.value, condition.value) ? `by the value of ${condition.name}` : undefined;
}

function partlySet(names: readonly string[], { outcomes }: RuleSubject): string | undefined {
  const set = names.filter((name) => {
    const outcome = outcomes.get(name);
    if (outcome?.state !== 'failed') return outcome?.state === 'set';
    return outcome.problems.some(({ code }) => code !== 'missing'); // wrong, so somebody did set it
  });
  return set.length === 0 ? undefined : `with ${set.join(', ')}`;
}

function lacksValue(name: string, { outcomes }: RuleSubject): boolean {
  const outcome = outcomes.get(name);
  return outcome !== undefined && outcome.state !== 'failed' && outcome.value === undefined;
}

function checkProblems(rule: Rule & { readonly kind: 'check' }, subject: RuleSubject): readonly Problem[] {
  if (reasonOf(rule.condition, subject) === undefined) return [];
  const values: Record<string, unknown> = {};
  for (const name of rule.names) {
    const outcome = subject.outcomes.get(name);
    if (outcome === undefined || outcome.state === 'failed') return [];
    values[name] = outcome.value;
  }
  const answer = answerOf(rule.holds, values);
  if (answer === true) return [];
  const fault = answer === false ? rule.message : `its check ${answer}`;
  const [name = '', ...related] = rule.names;
  const fix = `Change ${rule.names.join(' or ')}.`;
  return [{ code: 'rule', name, related, message: `breaks a rule: ${fault}`, expected: rule.message, fix }];
}
