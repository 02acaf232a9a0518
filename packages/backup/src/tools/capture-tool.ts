import { withDeadline } from '@seaworthy/contracts';
import { spawnTool, type ToolSpec } from './tool-process.js';

/** Questions to a server are small, and so are their answers. */
const defaultMaxChars = 64 * 1024;

/** Runs a program to its end and returns what it printed; ended after `timeoutMs` or on `signal`. */
export async function captureTool(
  spec: ToolSpec,
  {
    timeoutMs,
    signal,
    input,
    maxChars = defaultMaxChars,
  }: {
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
    /** One line that it reads. */
    readonly input?: string | undefined;
    /** What comes after that is left out. */
    readonly maxChars?: number;
  },
): Promise<string> {
  const tool = spawnTool(spec);
  let answer = '';
  tool.stdout.setEncoding('utf8');
  tool.stdout.on('data', (text: string) => {
    answer = (answer + text).slice(0, maxChars);
  });
  const ended = new Promise<void>((resolve) => tool.stdout.once('close', resolve));
  tool.stdin.end(input === undefined ? undefined : `${input}\n`);
  try {
    await withDeadline(() => Promise.all([tool.exited, ended]), {
      timeoutMs,
      what: `${spec.name} on ${spec.subject}`,
      signal,
    });
    return answer;
  } finally {
    tool.kill();
    await tool.gone; // no child is left
  }
}
