import type { VariableOrigin } from './load.js';
import type { ResolvedProfile } from './profile.js';

/** One line a variable, aligned, without any value. */
export function formatExplanation(profile: ResolvedProfile, origins: readonly VariableOrigin[]): string {
  const width = Math.max(0, ...origins.map(({ name }) => name.length));
  const lines = origins.map((variable) => {
    const shadowed = variable.shadowed.map(({ at }) => at);
    const note = shadowed.length === 0 ? '' : ` (shadows ${shadowed.join(', ')})`;
    return `${variable.name.padEnd(width)}  ${variable.secret ? 'secret' : '      '}  ${placeOf(variable)}${note}`;
  });
  return [`profile ${profile.name}, ${profile.reason}`, ...lines, ''].join('\n');
}

function placeOf({ state, origin }: VariableOrigin): string {
  if (state === 'default') return 'default';
  return state === 'unset' ? 'not set' : (origin?.at ?? 'set');
}
