import tripleBeam from 'triple-beam';
import type winston from 'winston';
import { isError } from './is-error.js';
import { type LineFormat, spreads } from './line-format.js';
import type { LineSchema } from './line-schema.js';
import { activeContext, type LogContext } from './log-context.js';
import { isTemplate } from './message-template.js';

const { LEVEL, MESSAGE, SPLAT } = tripleBeam;

type Info = winston.Logform.TransformableInfo;
type Format = winston.Logform.Format;

/** The context of the call, put on an info because winston may format it in a later turn, outside of that context. */
export const CONTEXT = Symbol('seaworthy.context');

/** The info that transports get: what the line says and nothing else, so redacted, bounded and plain. */
export function infoOf(schema: LineSchema, line: string, level: string): Info {
  const info = JSON.parse(line);
  // What winston's own formats read; in its schema the line has them.
  if (schema.name !== 'winston') Object.assign(info, { level, message: schema.read(info).message });
  return Object.assign(info, {
    [LEVEL]: level,
    [MESSAGE]: line.slice(0, -1),
    [SPLAT]: [],
  });
}

/** Applies the user's format, which may answer that the line goes to no transport. */
export function shaped(info: Info, format: Format | undefined): Info | undefined {
  if (format === undefined) return info;
  const result: unknown = format.transform(info, format.options);
  if (typeof result !== 'object' || result === null) return undefined;
  return result as Info;
}

export interface PipelineFormatOptions {
  readonly lines: LineFormat;
  /** Puts a line into the sinks that want its level. They get it here and not through the stream, where a format may drop it. */
  toSinks(level: string, line: string): void;
  format(): Format | undefined;
}

/** The line format as a winston format, for the pipeline that runs with `direct: false`. */
export function pipelineFormat({ lines, toSinks, format }: PipelineFormatOptions): Format {
  return {
    transform(info) {
      const level = String(info[LEVEL] ?? info.level);
      const context = info[CONTEXT] === undefined ? activeContext() : (info[CONTEXT] as LogContext);
      const line = lines.line(level, ...callOf(info, lines), undefined, context, true);
      toSinks(level, line);
      return shaped(infoOf(lines.schema, line, level), format()) ?? false;
    },
  };
}

/** Undoes what winston made of `(message, ...rest)`: it merges members, overwrites `level` and appends to the message. */
function callOf(info: Info, lines: LineFormat): [message: unknown, rest: readonly unknown[]] {
  const passed: readonly unknown[] = Array.isArray(info[SPLAT]) ? info[SPLAT] : [];
  const [first] = passed;
  const { level: _level, message, ...fields }: Record<string, unknown> = info;
  if (isError(info)) return [info.message, [fields, info]];
  if (isError(message)) return [message, [fields]];
  if (typeof message === 'object' && message !== null) return ['', [{ ...message, ...fields }, ...passed]];
  if (typeof message === 'string' && passed.length > 0 && isTemplate(message)) {
    return templateCall(message, fields, passed, lines);
  }
  const text = withoutAppended(message, first);
  if (typeof first !== 'object' || first === null) return [text, withData(fields, passed)];
  // What winston copied from the second argument goes, and the argument itself comes back.
  for (const name of [...Object.keys(first), ...(isError(first) ? ['stack', 'cause'] : [])])
    delete fields[name];
  if (Array.isArray(first) || isError(first)) return [text, withData(fields, passed)];
  return [text, [spreads(first) ? { ...fields, ...first } : { ...fields, data: first }, ...passed.slice(1)]];
}

/** A message with placeholders, whose arguments winston does not merge. */
function templateCall(
  template: string,
  fields: object,
  passed: readonly unknown[],
  lines: LineFormat,
): [message: unknown, rest: readonly unknown[]] {
  const { message, rest } = lines.fill(template, passed);
  return [message, withData(fields, rest)];
}

/** Fields of the logger and the first data among the arguments are the data of the line; what else was passed stays. */
function withData(fields: object, passed: readonly unknown[]): readonly unknown[] {
  const at = passed.findIndex(
    (each) => typeof each === 'object' && each !== null && !Array.isArray(each) && !isError(each),
  );
  const data = passed[at];
  if (typeof data !== 'object' || data === null || !spreads(data)) return [fields, ...passed];
  return [{ ...fields, ...data }, ...passed.toSpliced(at, 1)];
}

function withoutAppended(message: unknown, first: unknown): unknown {
  if (typeof message !== 'string' || typeof first !== 'object' || first === null) return message;
  const appended = ` ${String(Reflect.get(first, 'message'))}`;
  return message.endsWith(appended) ? message.slice(0, -appended.length) : message;
}
