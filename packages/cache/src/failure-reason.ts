/**
 * One word for why a client failed: a system code (`ECONNREFUSED`), the first word of a Redis error reply (`WRONGPASS`) or
 * the error's name. Never the message: drivers put arguments of commands into it, and AUTH is a command.
 */
export function failureReason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('lastNodeError' in error && error.lastNodeError instanceof Error)
    return failureReason(error.lastNodeError);
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
  if (error.name === 'ReplyError') return /^[A-Z]+/.exec(error.message)?.[0] ?? 'ReplyError';
  if (isTimeout(error)) return 'TIMEOUT';
  return error.name;
}

/** ioredis has no code for it. */
export function isTimeout(error: Error): boolean {
  return error.message === 'Command timed out' || error.message.startsWith('Socket timeout');
}

/** Takes the arguments of the failed command off an ioredis error: for a refused handshake they hold the password. */
export function withoutArguments<T>(error: T): T {
  if (error instanceof Error && 'lastNodeError' in error) withoutArguments(error.lastNodeError); // of a Cluster
  if (error instanceof Error && 'command' in error) {
    const command: unknown = error.command;
    if (typeof command === 'object' && command !== null && 'args' in command) {
      const name: unknown = Reflect.get(command, 'name');
      Reflect.set(error, 'command', { name, args: [] });
    }
  }
  return error;
}
