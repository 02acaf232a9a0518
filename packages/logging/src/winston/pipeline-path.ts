import tripleBeam from 'triple-beam';
import type winston from 'winston';
import type { LineFormat } from '../lines/line-format.js';
import { readCall } from '../lines/log-call.js';
import type { BoundFields } from '../lines/name-rules.js';
import { safeCopy } from '../lines/safe-copy.js';
import { spreads } from '../lines/spreads.js';
import { activeContext } from '../log-context.js';
import { levelOf, placedIn, replaceCalls } from './call-methods.js';
import type { Dispatch } from './dispatch.js';
import { levelInstead, rankOf } from './logger-level.js';
import { CALL, type Pipeline, type PipelineCall } from './winston-format.js';

const { LEVEL, SPLAT } = tripleBeam;

type Info = winston.Logform.TransformableInfo;

export interface PipelinePathOptions {
  readonly lines: LineFormat;
  readonly dispatch: Dispatch;
  readonly pipeline: Pipeline;
  bound(logger: winston.Logger): BoundFields;
}

/**
 * Brings calls into winston's stream, for this one logger, as infos that hold what winston's would: level, message, data, fields
 * of the logger. winston's own methods write into the caller's objects, and read data that may throw. `write` is looked up at
 * each call, because agents patch it.
 */
export function takePipelinePath(logger: winston.Logger, options: PipelinePathOptions): void {
  const { lines, dispatch, pipeline, bound } = options;
  const { tally } = dispatch;

  function infoFor(of: winston.Logger, level: string, message: unknown, rest: readonly unknown[]) {
    const call = readCall(message, rest, lines.fill);
    const { fields = {}, error, args = [], isInfo } = call;
    const members = { ...bound(of).fields, ...(spreads(fields) ? safeCopy(fields) : { data: fields }) };
    const shadowed = new Map(
      Object.entries(members).filter(([name]) => name === 'level' || name === 'message'),
    );
    if (isInfo) shadowed.delete('message');
    if (isInfo && shadowed.get('level') === level) shadowed.delete('level');
    const made: PipelineCall = {
      logger: of,
      context: activeContext(),
      shadowed: Object.fromEntries(shadowed),
      rest: error === undefined ? args : [error, ...args],
      isWritten: false,
    };
    return { ...members, level, message: call.message, [LEVEL]: level, [SPLAT]: rest, [CALL]: made };
  }

  function infoAtKnownLevel(of: winston.Logger, level: string, message: unknown, rest: readonly unknown[]) {
    if (rankOf(of.levels, level) !== undefined) return infoFor(of, level, message, rest);
    const instead = levelInstead(of.levels);
    return instead === undefined
      ? undefined
      : infoFor(of, instead, message, [...rest, { unknownLevel: level }]);
  }

  /** Hands an info on, and sees to it that the sinks have its line, whoever throws on the way or lets it wait. */
  function handOn(make: () => Info | undefined, write: (info: Info) => boolean): boolean {
    let info: Info | undefined;
    let isTaken = true;
    try {
      info = make();
      if (info !== undefined) isTaken = write(info);
    } catch {
      tally.failed += 1;
    }
    if (info !== undefined && !logger.silent) pipeline.write(info);
    return isTaken;
  }

  replaceCalls(logger, (of, level, message, rest) => {
    if (of.silent || dispatch.isLate()) return;
    handOn(
      () => infoAtKnownLevel(of, level, message, rest),
      (info) => of.write(info),
    );
  });

  Object.defineProperty(logger, 'write', {
    configurable: true,
    writable: true,
    value(this: winston.Logger | undefined, info: unknown, ...rest: readonly unknown[]) {
      const of = this ?? logger;
      if (!of.silent && !dispatch.isLate()) {
        const make = () => infoAtKnownLevel(of, levelOf(info), info, placedIn(info));
        const { write } = Object.getPrototypeOf(logger);
        return handOn(isMade(info) ? () => info : make, (made) =>
          Reflect.apply(write, logger, [made, ...rest]),
        );
      }
      const callback = rest.at(-1); // winston would emit a fatal "write after end"
      if (typeof callback === 'function') callback();
      return true;
    },
  });
}

function isMade(info: unknown): info is Info {
  try {
    return typeof info === 'object' && info !== null && Reflect.has(info, CALL);
  } catch {
    return false; // a revoked proxy; its line says so
  }
}
