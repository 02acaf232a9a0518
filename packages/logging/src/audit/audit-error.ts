import { SeaworthyError } from '@seaworthy/contracts';

/**
 * What an audit log throws. `code` is one of `AUDIT_WRITE_FAILED` (the record is not in the log), `AUDIT_OVERLOADED` (too many
 * records wait; this one was not taken), `AUDIT_CLOSED`, `AUDIT_BROKEN` (what a failed write left cannot be removed, or
 * somebody else wrote to the log or removed it; open it anew), `AUDIT_LOCKED` (another process writes it), `AUDIT_RETENTION` (shorter than
 * a year) and `AUDIT_FORMAT` (the end of the log does not follow on a signed checkpoint of ours; verify it).
 */
export class AuditError extends SeaworthyError {
  static override readonly kind: string = 'AuditError';
}
