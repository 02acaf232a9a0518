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

/**
 * Reads `(message, ...rest)`: a text, then an object of data or an error; or an error alone; or one object that holds a
 * `message` among its data. A text with placeholders takes what fits them, by `fill`.
 */
export function readCall(
  message: unknown,
  rest: readonly unknown[],
  fill?: (template: string, args: readonly unknown[]) => FilledMessage,
): LogCall {
  if (typeof message === 'string') {
    if (rest.length === 0) return plainCall(message, undefined);
    if (fill !== undefined && isTemplate(message)) {
      const filled = fill(message, rest);
      return readUnusual(filled.message, filled.rest, filled.rest !== rest);
    }
    if (rest.length === 1) {
      const only = rest[0];
      if (isData(only) && !isError(only)) return plainCall(message, only);
    }
  }
  return readUnusual(message, rest, false);
}

function plainCall(message: string, fields: object | undefined): LogCall {
  return { message, fields, error: undefined, args: undefined, isInfo: false, isComposed: false };
}

function readUnusual(message: unknown, rest: readonly unknown[], isComposed: boolean): LogCall {
  let text = '';
  let fields: object | undefined;
  let error: Error | undefined;
  let isInfo = false;
  if (isError(message)) {
    error = message;
    text = messageOf(message);
  } else if (isData(message)) {
    fields = message;
    isInfo = true;
    const inner = memberOf(message, 'message');
    if (isError(inner)) error = inner;
    text = isError(inner) ? messageOf(inner) : textOf(inner);
  } else {
    text = textOf(message);
  }
  const args: unknown[] = [];
  for (const item of rest) {
    if (error === undefined && isError(item)) error = item;
    else if (fields === undefined && isData(item)) fields = item;
    else if (typeof item !== 'function' && item !== undefined) args.push(item); // winston 2's callback is no data
  }
  return { message: text, fields, error, args: args.length === 0 ? undefined : args, isInfo, isComposed };
}

function isData(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return !Array.isArray(value);
  } catch {
    return true; // a revoked proxy; the writer says that it is unreadable
  }
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
