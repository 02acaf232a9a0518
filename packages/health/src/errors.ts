import { SeaworthyError } from '@seaworthy/contracts';

/** What this package throws about checks, names and the order of a shutdown. The codes are listed in the README. */
export class HealthError extends SeaworthyError {
  static override readonly kind: string = 'HealthError';
}

/** What is refused or told to stop because a shutdown has begun. */
export function shuttingDown(what: string): HealthError {
  return new HealthError(`${what} was refused or stopped, because the service is shutting down.`, {
    code: 'HEALTH_SHUTTING_DOWN',
  });
}
