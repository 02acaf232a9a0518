import { SeaworthyError } from '@seaworthy/contracts';

/**
 * What a logger throws when it is set up or closed; logging itself never throws. `code` is one of
 * `LOG_FILE_OPEN` (the file cannot be opened for appending),
 * `LOG_FILE_LOCKED` (another process rotates the file),
 * `LOG_SPOOL_OPEN`, `LOG_SPOOL_LOCKED`, `LOG_SPOOL_FORMAT` (the spool cannot be used, is in use, or is of a newer version) and
 * `LOG_FLUSH_INCOMPLETE` (lines are still waiting at the deadline).
 */
export class LoggingError extends SeaworthyError {
  static override readonly kind: string = 'LoggingError';
}
