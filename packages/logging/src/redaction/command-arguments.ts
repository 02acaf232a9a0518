/** What ioredis attaches to its errors: of AUTH and HELLO the arguments are a password, of others what the application keeps. */
export function withoutArguments(command: unknown): unknown {
  if (typeof command !== 'object' || command === null) return command;
  try {
    const args: unknown = Reflect.get(command, 'args');
    return Array.isArray(args) ? { ...command, args: `[${args.length} values]` } : command;
  } catch {
    return '[unreadable]';
  }
}
