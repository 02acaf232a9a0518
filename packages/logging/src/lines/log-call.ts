import { isError } from './is-error.js';
import { memberOf } from './member-of.js';
import { type FilledMessage, isTemplate } from './message-template.js';

/** One call, in whichever of winston's shapes it was made, taken apart. */
export interface LogCall {
  readonly message: string;
  /** Data of this line. */
  readonly fields: object | undefined;
  /** An error that was passed as the message, as the data or beside it. */
  readonly error: Error | undefined;
  /** Arguments for which no shape has a place; they are kept. */
  readonly args: readonly unknown[] | undefined;
  /** Whether `fields` is also where level and message came from. */
  readonly isInfo: boolean;
  /** Whether the message is not the program's own text, but made for this call. */
  readonly isComposed: boolean;
}

type Fill = (template: string, args: readonly unknown[]) => FilledMessage;

/**
 * Reads `(message, ...rest)`: a text, then an object of data or an error; or an error alone; or one object that holds a
 * `message` among its data. A text with placeholders takes what fits them, by `fill`.
 */
export function readCall(message: unknown, rest: readonly unknown[], fill?: Fill): LogCall {
  if (typeof message === 'string') {
    if (rest.length === 0) return plainCall(message, undefined);
    if (fill !== undefined && isTemplate(message)) {
      const filled = fill(message, rest);
      return withRest({ message: filled.message, isComposed: filled.rest !== rest }, filled.rest);
    }
    if (rest.length === 1) {
      const only = rest[0];
      if (isData(only) && !isError(only)) return plainCall(message, only);
    }
  }
  return readUnusual(message, rest, fill);
}

function plainCall(message: string, fields: object | undefined): LogCall {
  return { message, fields, error: undefined, args: undefined, isInfo: false, isComposed: false };
}

function readUnusual(message: unknown, rest: readonly unknown[], fill?: Fill): LogCall {
  if (isError(message)) {
    return withRest({ message: messageOf(message), error: message }, rest);
  }
  if (!isData(message)) return withRest(shownAs(message), rest);
  const inner = memberOf(message, 'message');
  const own = { fields: message, isInfo: true };
  if (isError(inner)) return withRest({ ...own, message: messageOf(inner), error: inner }, rest);
  if (fill !== undefined && typeof inner === 'string' && rest.length > 0 && isTemplate(inner)) {
    const filled = fill(inner, rest);
    return withRest({ ...own, message: filled.message, isComposed: filled.rest !== rest }, filled.rest);
  }
  return withRest({ ...own, ...shownAs(inner) }, rest);
}

type Head = Pick<LogCall, 'message'> & Partial<LogCall>;

function withRest(head: Head, rest: readonly unknown[]): LogCall {
  const { message, isInfo = false, isComposed = false } = head;
  let { fields, error } = head;
  const args = [...(head.args ?? [])];
  for (const item of rest) {
    if (isError(item)) {
      if (error === undefined) error = item;
      else args.push(item);
    } else if (fields === undefined && isData(item)) fields = item;
    else if (typeof item !== 'function' && item !== undefined) args.push(item); // winston 2's callback is no data
  }
  return { message, fields, error, args: args.length === 0 ? undefined : args, isInfo, isComposed };
}

function isData(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return !Array.isArray(value);
  } catch {
    return true; // a revoked proxy; the writer says that it is unreadable
  }
}

/** A message as text; what has none, a list or data in the place of a message, is kept among the arguments. */
function shownAs(message: unknown): Pick<LogCall, 'message' | 'args'> {
  const isShown = typeof message !== 'object' || message === null;
  return { message: textOf(message), args: isShown ? undefined : [message] };
}

function messageOf(error: Error): string {
  return textOf(memberOf(error, 'message'));
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null || typeof value === 'object' || typeof value === 'function') {
    return '';
  }
  return String(value);
}
