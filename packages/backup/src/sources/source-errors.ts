import { BackupError } from '../backup-error.js';

/** What a source rejects with when its server could not even be asked for its version; what is no BackupError stays as it is. */
export function connectFailed(error: unknown, label: string): unknown {
  if (!BackupError.is(error)) return error;
  return new BackupError(`Could not ask ${label} for its version: ${error.message}`, {
    code: 'BACKUP_CONNECT_FAILED',
    stage: 'prepare',
    tool: error.tool,
    exitCode: error.exitCode,
  });
}

export interface MissingProgram {
  /** What needs it, for messages. */
  readonly label: string;
  /** `pg_dump 16 or newer`: the first word is the tool. */
  readonly what: string;
  /** Where it was looked for, when that was one folder. */
  readonly binDir?: string | undefined;
  /** What to install. */
  readonly install: string;
}

export function programMissing({ label, what, binDir, install }: MissingProgram): BackupError {
  const where = binDir === undefined ? 'is not installed here' : 'is not in the binDir that was given';
  return new BackupError(`${label} needs ${what}, which ${where}. Install ${install}.`, {
    code: 'BACKUP_TOOL_MISSING',
    stage: 'prepare',
    tool: what.split(' ')[0],
  });
}
