import { BackupError } from '../backup-error.js';
import { endOnFailure } from '../tools/end-on-failure.js';
import { spawnTool, type ToolSpec } from '../tools/tool-process.js';

/** A `psql` that is asked one thing after the other within one connection. */
export interface PsqlConversation {
  /**
   * Sends statements and resolves with what they printed, as psql prints it. Rejects when one of them fails: the conversation is
   * over then.
   */
  ask(statements: string): Promise<string>;
  /** Lets it end by itself, which ends its transaction. */
  end(): void;
  kill(): void;
  /** Resolves when the program is gone, however it ended. */
  readonly gone: Promise<void>;
}

/** Ten thousand tables with long names are 2 MB. */
const maxAnswerChars = 64 * 1024 * 1024;

/** What psql prints when it has reached the end of what was asked. */
const marker = '\u001eseaworthy-answered';

export function openPsqlConversation(spec: Omit<ToolSpec, 'args' | 'name'>): PsqlConversation {
  const tool = spawnTool({
    ...spec,
    name: 'psql',
    args: [
      '--no-psqlrc',
      '--no-password',
      '--quiet',
      '--tuples-only',
      '--no-align',
      '-v',
      'ON_ERROR_STOP=1',
      '-v',
      'VERBOSITY=sqlstate',
      '-f',
      '-',
    ],
  });
  let text = '';
  let told: (() => void) | undefined;
  tool.stdout.setEncoding('utf8');
  tool.stdout.on('data', (chunk: string) => {
    text += chunk;
    if (text.length > maxAnswerChars) tool.kill();
    if (text.endsWith(`${marker}\n`)) told?.();
  });
  const unexpectedEnd = tool.exited.then(() => {
    throw new BackupError(`psql ended in the middle of a conversation on ${spec.subject}.`, {
      code: 'BACKUP_TOOL_FAILED',
      stage: spec.stage,
      tool: 'psql',
      exitCode: 0,
    });
  });
  unexpectedEnd.catch(() => undefined);
  return {
    async ask(statements) {
      const answered = new Promise<void>((resolve) => {
        told = resolve;
      });
      tool.stdin.write(`${statements}\n\\echo '${marker}'\n`);
      await Promise.race([answered, unexpectedEnd]);
      const answer = text.slice(0, -marker.length - 1);
      text = '';
      return answer;
    },
    end() {
      tool.stdin.end();
    },
    kill: () => tool.kill(),
    gone: tool.gone,
  };
}

/** One conversation for one piece of work, over when the work is or when `signal` aborts. */
export async function during<T>(
  psql: PsqlConversation,
  signal: AbortSignal,
  work: (psql: PsqlConversation) => Promise<T>,
): Promise<T> {
  try {
    return await endOnFailure(psql, signal, () => work(psql));
  } finally {
    psql.kill();
    await psql.gone;
  }
}

/** Control characters that no text of an application has, between values, between rows and for NULL. */
const [betweenValues, betweenRows, nothing] = ['\u001f', '\u001e', '\u001d'];

/** The rows of one statement, as text. */
export async function queryRows(
  psql: PsqlConversation,
  sql: string,
): Promise<ReadonlyArray<readonly (string | undefined)[]>> {
  const format = `\\pset fieldsep '${betweenValues}'\n\\pset recordsep '${betweenRows}'\n\\pset null '${nothing}'`;
  const text = await psql.ask(`${format}\n${sql.trim().replace(/;$/, '')}\n;`);
  if (text === '') return [];
  // The last row of an answer ends with a line's end, whatever stands between rows.
  return text
    .slice(0, -1)
    .split(betweenRows)
    .map((row) => row.split(betweenValues).map((value) => (value === nothing ? undefined : value)));
}
