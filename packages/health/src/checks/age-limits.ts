import { type Degraded, type DurationInput, invalidOption, parseDuration } from '@seaworthy/contracts';
import { HealthError } from '../errors.js';
import { inWords } from '../words.js';

/** Lengths of time at which a check changes its mind. */
export interface AgeLimits {
  /** From here on the check is degraded. */
  readonly warn?: DurationInput;
  /** From here on the check fails. */
  readonly fail?: DurationInput;
}

/** Both in milliseconds. */
export interface AgeMs {
  readonly warnMs: number;
  readonly failMs: number;
}

/** Both limits, checked: the warning not above the failure. */
export function ageLimits(owner: string, warn: DurationInput, fail: DurationInput): AgeMs {
  const limits = { warnMs: parseDuration(warn), failMs: parseDuration(fail) };
  if (limits.warnMs > limits.failMs) throw invalidOption(owner, 'warn', 'not above `fail`');
  return limits;
}

/** Turns an age into a probe's answer: figures, degraded figures, or a throw with `HEALTH_LIMIT_REACHED`. */
export function judgeAge<Figures extends object>(
  what: string,
  ageMs: number,
  limits: AgeMs,
  figures: Figures,
): Figures | (Figures & Degraded) {
  const told = `${what} ${inWords(ageMs)}`;
  if (ageMs >= limits.failMs) {
    throw new HealthError(`${told}; the limit is ${inWords(limits.failMs)}.`, {
      code: 'HEALTH_LIMIT_REACHED',
    });
  }
  if (ageMs >= limits.warnMs) return { ...figures, status: 'degraded', reason: `${told}.` };
  return figures;
}
