import { type Degraded, invalidOption } from '@seaworthy/contracts';
import { HealthError } from '../errors.js';

/** Shares of a resource, from 0 to 1, at which a check changes its mind. */
export interface UsageLimits {
  /** From here on the check is degraded. @defaultValue 0.85 */
  readonly warn?: number;
  /** From here on the check fails. @defaultValue 0.95 */
  readonly fail?: number;
}

/** Turns a used share into a probe's answer: figures, degraded figures, or a throw with `HEALTH_LIMIT_REACHED`. */
export function judgeUsage<Figures extends object>(
  what: string,
  used: number,
  limits: Required<UsageLimits>,
  figures: Figures,
): Figures | (Figures & Degraded) {
  const percent = `${what} is ${(used * 100).toFixed(1)} % used`;
  if (used >= limits.fail) {
    throw new HealthError(`${percent}; the limit is ${limits.fail * 100} %. Free some or raise the limit.`, {
      code: 'HEALTH_LIMIT_REACHED',
    });
  }
  if (used >= limits.warn) return { ...figures, status: 'degraded', reason: `${percent}.` };
  return figures;
}

/** Both limits, checked: shares of 1, the warning not above the failure. */
export function usageLimits(owner: string, { warn = 0.85, fail = 0.95 }: UsageLimits): Required<UsageLimits> {
  if (!(fail > 0 && fail <= 1))
    throw invalidOption(owner, 'fail', 'a share above 0 and up to 1, such as 0.95');
  if (!(warn > 0 && warn <= fail)) throw invalidOption(owner, 'warn', 'a share above 0 and not above `fail`');
  return { warn, fail };
}
