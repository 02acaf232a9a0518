import { SeaworthyError } from '@seaworthy/contracts';
import type { Problem } from './problem.js';
import type { Profile } from './profile.js';

/**
 * Everything that is wrong with a configuration, at once. `code` is `CONFIG_INVALID`; the message is the readable report
 * and `problems` the same as data. Neither holds any part of any value.
 */
export class ConfigError extends SeaworthyError {
  static override readonly kind: string = 'ConfigError';

  /** In the order of the fields; what no field owns comes first, rules come last. */
  readonly problems: readonly Problem[];

  /** The profile that it was read for. */
  readonly profile: Profile;

  constructor(report: string, problems: readonly Problem[], profile: Profile) {
    super(report, { code: 'CONFIG_INVALID' });
    this.problems = Object.freeze([...problems]);
    this.profile = profile;
  }

  /** Another copy of this class counts: the built package has one in each of its two files, and throws that of the second. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === ConfigError
      ? ConfigError.is(value)
      : Function.prototype[Symbol.hasInstance].call(this, value);
  }

  override toJSON(): {
    readonly name: string;
    readonly code: string;
    readonly message: string;
    readonly problems: readonly Problem[];
  } {
    return { ...super.toJSON(), problems: this.problems };
  }
}
