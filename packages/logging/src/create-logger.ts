import { invalidOption, processEvents, systemClock } from '@seaworthy/contracts';
import winston from 'winston';
import { keepBoundFields } from './lines/bound-fields.js';
import { createLineFormat } from './lines/line-format.js';
import { lineSchema, schemaNames } from './lines/line-schema.js';
import { logLimits } from './lines/log-limits.js';
import { type LoggerOptions, readLoggerOptions } from './logger-options.js';
import { createRedactor } from './redaction/redactor.js';
import { createRepeatSampler } from './repeat-sampler.js';
import { type ServiceLogger, serviceLogger } from './service-logger.js';
import { openSinks } from './sinks/open-sinks.js';
import { stdout } from './sinks/stdout-sink.js';
import { takeDirectPath } from './winston/direct-path.js';
import { createDispatch } from './winston/dispatch.js';
import { guardTimers } from './winston/guard-timers.js';
import { debugSwitch, guardConfigure, guardLevel, knownLevel } from './winston/logger-level.js';
import { takePipelinePath } from './winston/pipeline-path.js';
import { SinkTransport } from './winston/sink-transport.js';
import { endWhenTaken } from './winston/transport-ends.js';
import { createPipeline } from './winston/winston-format.js';
import { watchErrors, watchTransports } from './winston/winston-hooks.js';

/**
 * Makes a winston logger whose lines are one JSON object each, redacted, bounded and complete: `timestamp`, `level`, `message`,
 * `service`, `environment`, then fields, and `stack` and `error` when an error was passed. Logging never throws.
 *
 * @throws OptionsError for a wrong option; LoggingError `LOG_FILE_OPEN` when a file cannot be opened.
 *
 * @example
 * const log = createLogger({ service: 'kpi-backend', environment: 'production', sinks: [stdout(), file('logs/combined.log')] });
 * log.info('Order paid', { orderId, amountCents });
 * log.error('Payment failed', error);
 * await log.close();
 */
export function createLogger(options: LoggerOptions): ServiceLogger {
  const given = readLoggerOptions(options);
  const { level = 'info', levels = winston.config.npm.levels, fields = {}, sinks = [stdout()] } = given;
  const { redact = {}, limits = {}, direct = true, clock = systemClock, schema = 'winston' } = given;
  for (const name of ['service', 'environment'] as const) {
    const value: unknown = given[name];
    if (typeof value !== 'string' || value === '') throw invalidOption('createLogger', name, 'a name');
  }
  knownLevel('createLogger', level, levels);
  if (!schemaNames.includes(schema)) {
    throw invalidOption('createLogger', 'schema', schemaNames.map((name) => `"${name}"`).join(' or '));
  }
  if (given.sample !== undefined && !direct) {
    throw invalidOption(
      'createLogger',
      'sample',
      'absent with "direct: false", where winston decides about lines',
    );
  }
  const events = given.process === false ? undefined : (given.process ?? processEvents());
  if (given.debugOn !== undefined && (given.debugOn !== 'SIGUSR2' || events === undefined)) {
    throw invalidOption('createLogger', 'debugOn', '"SIGUSR2", and absent with "process: false"');
  }
  const redactor = 'redactText' in redact ? redact : createRedactor(redact);
  const lines = createLineFormat({
    schema: lineSchema(schema, given),
    limits: logLimits(limits),
    redactor,
    clock,
  });
  const ownLevel = 'warn' in levels ? 'warn' : level;

  let userFormat = given.format;
  const format = (): winston.Logform.Format | undefined => userFormat;
  const sampler =
    given.sample === undefined
      ? undefined
      : createRepeatSampler(given.sample, clock, (at, repeated, dropped) =>
          dispatch.note(logger, at, 'Repeated lines were left out', { repeated, dropped }),
        );
  const dispatch = createDispatch({
    lines,
    sampler,
    format,
    transports: () => logger.transports,
    bound: (of) => boundTo(of),
  });
  const pipeline = createPipeline({
    lines,
    format,
    tally: dispatch.tally,
    toSinks: (of = logger, at, line) => dispatch.toSinks(of, at, line),
  });
  const logger = winston.createLogger({
    level,
    levels: { ...levels },
    format: pipeline.format,
    defaultMeta: { ...fields },
  });
  Object.defineProperty(logger, 'format', {
    enumerable: true,
    configurable: true,
    get: () => pipeline.format,
    set: (next: winston.Logform.Format) => {
      if (next !== pipeline.format) userFormat = next; // what a configure() or the user sets comes after ours
    },
  });
  guardLevel(logger);
  guardConfigure(logger);
  guardTimers(logger);
  const boundTo = keepBoundFields(logger, lines);
  watchTransports(logger, dispatch.forget);
  endWhenTaken(logger, dispatch, clock);
  const lastTransportError = watchErrors(logger);
  if (direct) takeDirectPath(logger, dispatch);
  else takePipelinePath(logger, { lines, dispatch, pipeline, bound: boundTo });

  // Last, when nothing else can fail: what a sink has opened and locked, only close() lets go of.
  const opened = openSinks(sinks, levels, {
    clock,
    processEvents: events,
    readLine: (line) => lines.schema.read(JSON.parse(line)),
    report: (at, message, data) => dispatch.note(logger, at in levels ? at : level, message, data),
    droppedNotice: (dropped) => lines.line(ownLevel, 'Log lines were dropped', [{ dropped }]),
  });
  for (const { sink, level: own } of opened) logger.add(new SinkTransport(sink, own));
  const offSignal =
    given.debugOn === undefined ? undefined : events?.onSignal(given.debugOn, debugSwitch(logger));

  return serviceLogger(logger, {
    sampler,
    offSignal,
    redactor,
    schema,
    sinks: opened.map(({ sink }) => sink),
    dispatch,
    clock,
    processEvents: events,
    leftNotice: (sink, left) =>
      lines.line(ownLevel, 'Log lines are lost if the process ends now', [{ sink, left }]),
    lastTransportError,
  });
}
