import { BackupError } from '../backup-error.js';
import { endOnFailure } from '../tools/end-on-failure.js';
import { spawnTool, type ToolSpec } from '../tools/tool-process.js';

/** Ten thousand tables with long names are 2 MB. */
const maxAnswerChars = 64 * 1024 * 1024;

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', '0': '\0', '\\': '\\' };

/** What the client's batch mode prints for a value; NULL and the text `NULL` look alike there. */
function textOfCell(text: string): string | undefined {
  return text === 'NULL'
    ? undefined
    : text.replaceAll(/\\([nt0\\])/g, (_all, letter) => escapes[letter] ?? '');
}

/**
 * Runs statements from the client's standard input, which no list of processes shows, and returns the rows of all of them as text.
 */
export async function mysqlAnswer(
  spec: ToolSpec,
  statements: string,
  signal: AbortSignal,
): Promise<ReadonlyArray<readonly (string | undefined)[]>> {
  signal.throwIfAborted();
  const client = spawnTool(spec);
  let text = '';
  client.stdout.setEncoding('utf8');
  client.stdout.on('data', (chunk: string) => {
    if (text.length < maxAnswerChars) text += chunk;
  });
  const ended = new Promise<void>((resolve) => client.stdout.once('close', resolve));
  client.stdin.end(statements);
  await endOnFailure(client, signal, () => Promise.all([client.exited, ended]));
  if (text.length >= maxAnswerChars) {
    throw new BackupError(`${spec.name} on ${spec.subject} answered more than can be read. Ask for less.`, {
      code: 'BACKUP_TOOL_FAILED',
      stage: spec.stage,
      tool: spec.name,
    });
  }
  return text === ''
    ? []
    : text
        .slice(0, -1)
        .split('\n')
        .map((line) => line.split('\t').map(textOfCell));
}
