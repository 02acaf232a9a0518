import type { Problem } from './problem.js';
import type { ResolvedProfile } from './profile.js';

/** The report for people: what, where, expected, how to mend. Plain text without colours, fit for any log. */
export function formatReport(problems: readonly Problem[], profile: ResolvedProfile): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const head = `The configuration has ${count} (profile ${profile.name}, ${profile.reason}).`;
  return [head, ...problems.map(formatProblem)].join('\n\n');
}

/** The same for what kept nothing from starting. */
export function formatWarnings(warnings: readonly Problem[]): string {
  const count = warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`;
  return [`The configuration has ${count}.`, ...warnings.map(formatProblem)].join('\n\n');
}

function formatProblem(problem: Problem, index: number): string {
  const lines = [`  ${index + 1}. ${problem.name}${problem.path ?? ''} ${problem.message}`];
  if (problem.origin !== undefined) lines.push(`     where:    ${problem.origin.at}`);
  lines.push(`     expected: ${problem.expected}`, `     fix:      ${problem.fix}`);
  return lines.join('\n');
}
