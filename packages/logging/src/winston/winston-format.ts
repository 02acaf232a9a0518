import type { LogFields } from '@seaworthy/contracts';
import tripleBeam from 'triple-beam';
import type winston from 'winston';
import type { LineFormat } from '../lines/line-format.js';
import type { LineSchema } from '../lines/line-schema.js';
import type { LogContext } from '../log-context.js';
import { levelOf } from './call-methods.js';
import type { TransportTally } from './transport-queue.js';

const { LEVEL, MESSAGE, SPLAT } = tripleBeam;

type Info = winston.Logform.TransformableInfo;
type Format = winston.Logform.Format;

/** What an info's members do not say of its call. */
export const CALL = Symbol('seaworthy.call');

export interface PipelineCall {
  readonly logger: winston.Logger;
  /** Of the call, because winston may format it in a later turn, outside of that context. */
  readonly context: LogContext | undefined;
  /** Data by whose names the info has its own level and message. */
  readonly shadowed: LogFields;
  /** The error, and arguments that are no data. */
  readonly rest: readonly unknown[];
  /** Whether the sinks have its line. */
  isWritten: boolean;
}

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

export interface PipelineOptions {
  readonly lines: LineFormat;
  /** Puts a line into the sinks that want its level. They get it here and not through the stream, where a format may drop it. */
  toSinks(logger: winston.Logger | undefined, level: string, line: string): void;
  /** Where a format that throws is counted. */
  readonly tally: TransportTally;
  format(): Format | undefined;
}

/** The line format in the pipeline that runs with `direct: false`. */
export interface Pipeline {
  readonly format: Format;
  /** Gives the sinks their line now, if they have not got it from the format: winston formats nothing while a transport is slow. */
  write(info: Info): void;
}

export function createPipeline({ lines, tally, toSinks, format }: PipelineOptions): Pipeline {
  function written(info: Info, level: string): string {
    const call = info[CALL] as PipelineCall | undefined;
    const line = lineOf(info, level, lines);
    if (call?.isWritten !== true) toSinks(call?.logger, level, line);
    if (call !== undefined) call.isWritten = true;
    return line;
  }

  return {
    format: {
      transform(info) {
        try {
          const level = levelOf(info);
          return shaped(infoOf(lines.schema, written(info, level), level), format()) ?? false;
        } catch {
          tally.failed += 1;
          return false;
        }
      },
    },
    write(info) {
      if ((info[CALL] as PipelineCall | undefined)?.isWritten !== false) return;
      try {
        written(info, levelOf(info));
      } catch {
        tally.failed += 1;
      }
    },
  };
}

/** The line of an info that we made and agents may have extended; or of one that somebody has put in its place. */
function lineOf(info: Info, level: string, lines: LineFormat): string {
  const call = info[CALL] as PipelineCall | undefined;
  if (call === undefined) return lines.line(level, info, []);
  const { level: _level, message, ...members }: Record<string, unknown> = info;
  const fields = { ...members, ...call.shadowed };
  return lines.line(level, message, [fields, ...call.rest], undefined, call.context, true);
}
