import { SeaworthyError } from '@seaworthy/contracts';

/** What this package throws about checks, names and the order of a shutdown. The codes are listed in the README. */
export class HealthError extends SeaworthyError {
  static override readonly kind: string = 'HealthError';
}
