import { isError } from './is-error.js';

/** What `util.format` and winston's `splat()` know. */
const placeholder = /%[sdifjoOc%]/g;

export interface FilledMessage {
  readonly message: string;
  /** The arguments that stand in no placeholder; an error stands in one and stays, because it has more to say. */
  readonly rest: readonly unknown[];
}

/** Whether a message has a place for an argument; most have not, and looking is cheap. */
export function isTemplate(message: string): boolean {
  return message.includes('%') && message.search(placeholder) !== -1;
}

/**
 * Puts arguments into the placeholders of a message: `%s` texts, numbers and an error's message; `%d %i %f` numbers; `%j %o %O` anything,
 * as `json` writes it, which redacts; `%c` nothing. An argument that does not fit its placeholder leaves it as it stands, so that
 * "100%sure" costs no data. A message whose placeholders took nothing is unchanged.
 */
export function fillIn(
  template: string,
  args: readonly unknown[],
  json: (value: unknown) => string,
): FilledMessage {
  const left: unknown[] = [];
  let at = 0;
  let taken = 0;
  const message = template.replaceAll(placeholder, (mark) => {
    if (mark === '%%') return '%';
    if (at >= args.length) return mark;
    const value = args[at];
    const text = mark === '%c' ? '' : textFor(mark, value, json);
    if (text === undefined) return mark;
    at += 1;
    taken += 1;
    if (isError(value)) left.push(value);
    return text;
  });
  return taken === 0 ? { message: template, rest: args } : { message, rest: [...left, ...args.slice(at)] };
}

function textFor(mark: string, value: unknown, json: (value: unknown) => string): string | undefined {
  if (mark === '%j' || mark === '%o' || mark === '%O') return json(value);
  if (mark === '%s') {
    if (isError(value)) return messageOf(value);
    const isText = typeof value !== 'function' && (typeof value !== 'object' || value === null);
    return isText ? String(value) : undefined;
  }
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return undefined;
  const number = Number(value);
  if (Number.isNaN(number)) return undefined;
  return String(mark === '%i' ? Math.trunc(number) : number);
}

function messageOf(error: Error): string {
  try {
    return String(error.message);
  } catch {
    return '[unreadable]';
  }
}
