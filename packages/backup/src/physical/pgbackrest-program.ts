import { DeadlineError } from '@seaworthy/contracts';
import { BackupError, type BackupStage } from '../backup-error.js';
import { requireProgram } from '../sources/client-programs.js';
import { passwordLine } from '../sources/postgres-connection.js';
import { captureTool } from '../tools/capture-tool.js';
import { privateFile } from '../tools/private-file.js';
import type { PgBackRestSettings } from './pgbackrest-options.js';

export interface PgBackRestCommand {
  /** `backup`, `restore`, … */
  readonly command: string;
  readonly args?: readonly string[];
  readonly stage: BackupStage;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A repository of ten thousand backups tells less of itself. */
const maxAnswerChars = 64 * 1024 * 1024;

/** Runs one command of pgBackRest to its end and resolves with what it printed. */
export async function runPgBackRest(
  settings: PgBackRestSettings,
  { command, args = [], stage, timeoutMs, signal }: PgBackRestCommand,
): Promise<string> {
  const { stanza, config, binDir, password, runAs } = settings;
  const label = `the stanza ${stanza}`;
  const program = await requireProgram('pgbackrest', {
    label,
    binDir,
    install: 'pgbackrest',
    versionArgument: 'version',
    signal,
  });
  const credentials =
    password === '' ? undefined : await privateFile('pgpass', passwordLine(password), runAs);
  try {
    return await captureTool(
      {
        name: 'pgbackrest',
        path: program.path,
        args: [
          `--config=${config}`,
          `--stanza=${stanza}`,
          '--log-level-console=off',
          '--log-level-stderr=warn',
          '--log-timestamp=n',
          ...args,
          command,
        ],
        env: credentials === undefined ? {} : { PGPASSFILE: credentials.path },
        stage,
        subject: label,
        report: reportOf,
        secrets: [password],
        runAs,
      },
      { timeoutMs, signal, maxChars: maxAnswerChars },
    );
  } catch (error) {
    signal.throwIfAborted();
    throw translated(error, command, stage);
  } finally {
    await credentials?.remove();
  }
}

/** Its numbered errors and the hints that follow them, without the list of options that comes along. */
function reportOf(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => /ERROR:|HINT:|^\s*(?:P\d+\s+)?WARN:/.test(line))
    .map((line) => line.replace(/^\s*P\d+\s+/, '').trim())
    .slice(0, 6)
    .join(' ');
}

/** Source: pgBackRest, src/build/error/error.yaml. */
function translated(error: unknown, command: string, stage: BackupStage): unknown {
  if (DeadlineError.is(error)) {
    const text = `pgbackrest ${command} took longer than its timeout, and was stopped. Raise \`timeout\`.`;
    return new BackupError(text, { code: 'BACKUP_STALLED', stage, tool: 'pgbackrest' });
  }
  if (!BackupError.is(error) || error.code !== 'BACKUP_TOOL_FAILED') return error;
  const { tool, exitCode, message } = error;
  const as = (code: string, advice: string): BackupError =>
    new BackupError(`${message} ${advice}`, { code, stage, tool, exitCode });
  switch (exitCode) {
    case 50:
      return as('BACKUP_BUSY', 'Another pgbackrest is at work on this stanza: wait for it.');
    case 56:
      return as(
        'BACKUP_CONNECT_FAILED',
        'Look at pg1-socket-path, pg1-port and pg1-user in its configuration.',
      );
    default:
      return command === 'restore' ? as('RESTORE_FAILED', 'What it had written was removed.') : error;
  }
}
