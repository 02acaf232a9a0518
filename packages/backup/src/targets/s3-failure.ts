import { BackupError, type BackupStage } from '../backup-error.js';

export interface S3Failure {
  /** As S3 calls it (`SlowDown`), or as Node does (`ECONNRESET`). */
  readonly name: string;
  /** Of HTTP; 0 when there was no answer. */
  readonly status: number;
  /** Whether the same call may succeed the next time. */
  readonly passing: boolean;
}

/** What the names of answers mean beyond their status. Source: Amazon S3 API Reference, "Error responses". */
const passingNames = new Set([
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'SlowDown',
  'BadDigest',
  'XAmzContentChecksumMismatch',
  'XAmzContentSHA256Mismatch',
  'IncompleteBody',
  'ConditionalRequestConflict',
  'OperationAborted',
]);

/** Reads the SDK's error; its message is not kept, because it can quote keys and signed headers. */
export function s3Failure(error: unknown): S3Failure {
  const found: Record<string, unknown> = typeof error === 'object' && error !== null ? { ...error } : {};
  const metadata: Record<string, unknown> =
    typeof found.$metadata === 'object' && found.$metadata !== null ? { ...found.$metadata } : {};
  const status = typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : 0;
  const code = typeof found.code === 'string' ? found.code : undefined;
  const name = code ?? (error instanceof Error ? error.name : 'UnknownError');
  const passing =
    passingNames.has(name) || status >= 500 || status === 429 || (status === 0 && !isMistake(error));
  return { name: /^[\w.-]{1,60}$/.test(name) ? name : 'UnknownError', status, passing };
}

/** Without an answer, the network is to blame, unless the caller's configuration is. */
function isMistake(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && /Credentials/.test(error.name));
}

export function s3Error(
  error: unknown,
  {
    what,
    target,
    code,
    stage,
  }: {
    readonly what: string;
    readonly target: string;
    readonly code: 'BACKUP_WRITE_FAILED' | 'BACKUP_READ_FAILED';
    readonly stage: BackupStage;
  },
): BackupError {
  if (BackupError.is(error)) return error;
  const { name, status } = s3Failure(error);
  const answer = status === 0 ? name : `${name}, HTTP ${status}`;
  return new BackupError(`${what} in ${target} failed (${answer}).${adviceFor(name)}`, {
    code,
    stage,
    tool: 's3',
    exitCode: status === 0 ? name : status,
  });
}

function adviceFor(name: string): string {
  if (name === 'AccessDenied' || name === 'Forbidden') return ' Check the policy of the credentials.';
  if (name === 'NoSuchBucket') return ' Create the bucket, or check its name and region.';
  if (name === 'NotImplemented') return ' This service lacks a call of S3; see the options of s3().';
  return '';
}
