import { applyRules } from './apply-rules.js';
import { evaluate, type Outcome } from './evaluate.js';
import type { FieldDefinition } from './field.js';
import type { Reader } from './reader.js';
import type { Rule } from './rules.js';
import { type UnknownOptions, withUnknown } from './unknown-variables.js';

/** Reads every field on its own, then the rules over them. */
export function fieldsReader(
  definitions: ReadonlyMap<string, FieldDefinition>,
  rules: readonly Rule[],
  unknown?: UnknownOptions,
): Reader {
  return {
    definitions,
    read(circumstances) {
      const outcomes = new Map<string, Outcome>();
      for (const [name, definition] of definitions) {
        outcomes.set(name, evaluate(name, definition, circumstances));
      }
      const values: Record<string, unknown> = {};
      const states = new Map<string, 'set' | 'default' | 'unset'>();
      const problems = [];
      for (const [name, outcome] of outcomes) {
        if (outcome.state === 'failed') {
          problems.push(...outcome.problems);
        } else {
          values[name] = outcome.value;
          states.set(name, outcome.state);
        }
      }
      problems.push(...applyRules(rules, { definitions, outcomes, circumstances }));
      const read = { values: Object.freeze(values), problems, states, warnings: [] };
      return unknown === undefined ? read : withUnknown(read, unknown, definitions, circumstances);
    },
  };
}
