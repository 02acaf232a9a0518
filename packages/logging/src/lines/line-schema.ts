import { jsonString } from './json-string.js';
import type { JsonWriter } from './json-writer.js';
import type { WriterState } from './writer-state.js';

export type SchemaName = 'winston' | 'otel' | 'ecs';

/** Names and places of what the logger itself says in a line. */
export interface LineSchema {
  readonly name: SchemaName;
  /** The line up to the timestamp's digits. */
  readonly begin: string;
  /** From there up to the message. */
  level(level: string): string;
  /** After the message: where the line comes from. */
  readonly origin: string;
  /** `undefined` when the data are members of the line itself, else the label of the member that holds them. */
  readonly holder: string | undefined;
  /** Whether data may not have this name, because the logger vouches for it. */
  isReserved(name: string): boolean;
  /** The name under which data of a taken name are kept; `again` when that one is taken too. */
  freed(name: string): string;
  /** What a field of the context is called, and whether it stands beside the data instead of in them. */
  contextName(name: string): { readonly name: string; readonly outside: boolean };
  /** An error's members, each beginning with a comma. */
  error(error: Error, writer: JsonWriter, state: WriterState): string;
  /** What `error` writes, when there is one. */
  readonly errorNames: readonly string[];
  /** A parsed line in the words of winston. */
  read(line: Readonly<Record<string, unknown>>): ReadLine;
}

export interface ReadLine {
  readonly timestamp: string;
  readonly level: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Everything else that the call said. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Origin {
  readonly service: string;
  readonly environment: string;
}

export const schemaNames: readonly SchemaName[] = ['winston', 'otel', 'ecs'];

export function lineSchema(name: SchemaName, origin: Origin): LineSchema {
  return { winston: winstonSchema, otel: otelSchema, ecs: ecsSchema }[name](origin);
}

/** The names that winston's documentation and both guides use. */
function winstonSchema({ service, environment }: Origin): LineSchema {
  const reserved = new Set(['timestamp', 'level', 'message', 'service', 'environment']);
  return {
    name: 'winston',
    begin: '{"timestamp":"',
    level: (level) => `","level":${jsonString(level)},"message":`,
    origin: `,"service":${jsonString(service)},"environment":${jsonString(environment)}`,
    holder: undefined,
    isReserved: (name) => reserved.has(name),
    freed: underscored,
    contextName: (name) => ({ name, outside: false }),
    error(error, writer, state) {
      const stack = writer.member(error, 'stack', state, 1);
      return `${stack === undefined ? '' : `,"stack":${stack}`},"error":${writer.error(error, state, 1, false)}`;
    },
    errorNames: ['stack', 'error'],
    read({ timestamp, level, message, service: _s, environment: _e, stack, ...fields }) {
      return readLine(timestamp, level, message, stack, fields);
    },
  };
}

/**
 * The OpenTelemetry log data model as JSON, with `trace_id`, `span_id` and `trace_flags` beside the record as "Trace Context in
 * non-OTLP Log Formats" has them. Data stand in `attributes`, where nothing can be mistaken for the record's own fields.
 */
function otelSchema({ service, environment }: Origin): LineSchema {
  const outside = new Set(['trace_id', 'span_id', 'trace_flags']);
  const resource = `{"service.name":${jsonString(service)},"deployment.environment.name":${jsonString(environment)}}`;
  return {
    name: 'otel',
    begin: '{"timestamp":"',
    level: (level) =>
      `","severity_text":${jsonString(level)},"severity_number":${severities[level] ?? 0},"body":`,
    origin: `,"resource":${resource}`,
    holder: ',"attributes":',
    isReserved: () => false,
    freed: underscored,
    contextName: (name) => ({ name, outside: outside.has(name) }),
    error(error, writer, state) {
      const { type, message, stack } = errorParts(error, writer, state);
      const details = writer.error(error, state, 1, false);
      return `,"exception.type":${type},"exception.message":${message},"exception.stacktrace":${stack},"exception.details":${details}`;
    },
    errorNames: ['exception.type', 'exception.message', 'exception.stacktrace', 'exception.details'],
    read({ timestamp, body, resource: _, severity_text, severity_number: _n, attributes, ...trace }) {
      const { 'exception.stacktrace': stack, ...fields }: Record<string, unknown> = { ...Object(attributes) };
      return readLine(timestamp, severity_text, body, stack, { ...trace, ...fields });
    },
  };
}

/** OpenTelemetry's severity numbers for the levels of winston, npm and syslog; 0 is "not said". */
const severities: Readonly<Record<string, number>> = {
  ...{ silly: 1, trace: 1, debug: 5, verbose: 7, http: 8, info: 9, notice: 10 },
  ...{ warn: 13, warning: 13, error: 17, crit: 18, alert: 19, fatal: 21, emerg: 21 },
};

/** Elastic reads `{"log":{"level":…}}` as `log.level`, so a reserved name's first part is reserved with all below it. */
const ecsRoots = new Set(['@timestamp', 'message', 'log', 'ecs', 'service', 'trace', 'span', 'transaction']);

/** The Elastic Common Schema as its logging libraries write it (https://github.com/elastic/ecs-logging). */
function ecsSchema({ service, environment }: Origin): LineSchema {
  const ofContext: Readonly<Record<string, string>> = {
    trace_id: 'trace.id',
    span_id: 'span.id',
    requestId: 'http.request.id',
    userId: 'user.id',
  };
  return {
    name: 'ecs',
    begin: '{"@timestamp":"',
    level: (level) => `","log.level":${jsonString(level)},"message":`,
    origin: `,"ecs.version":"8.10.0","service.name":${jsonString(service)},"service.environment":${jsonString(environment)}`,
    holder: undefined,
    isReserved: (name) => ecsRoots.has(rootOf(name)),
    freed: (name) => `${rootOf(name)}_${name.slice(rootOf(name).length)}`,
    contextName: (name) => ({ name: ofContext[name] ?? name, outside: ofContext[name] !== undefined }),
    error(error, writer, state) {
      const { type, message, stack } = errorParts(error, writer, state);
      const details = writer.error(error, state, 1, false);
      return `,"error.type":${type},"error.message":${message},"error.stack_trace":${stack},"error.details":${details}`;
    },
    errorNames: ['error', 'error.type', 'error.message', 'error.stack_trace', 'error.details'],
    read({ '@timestamp': timestamp, 'log.level': level, message, 'error.stack_trace': stack, ...rest }) {
      const entries = Object.entries(rest).filter(([name]) => !ecsOrigin.has(name));
      return readLine(timestamp, level, message, stack, Object.fromEntries(entries));
    },
  };
}

const ecsOrigin = new Set(['ecs.version', 'service.name', 'service.environment']);

function rootOf(name: string): string {
  const dot = name.indexOf('.');
  return dot === -1 ? name : name.slice(0, dot);
}

function errorParts(error: Error, writer: JsonWriter, state: WriterState) {
  const part = (name: string): string => writer.member(error, name, state, 1) ?? '""';
  return { type: part('name'), message: part('message'), stack: part('stack') };
}

function underscored(name: string): string {
  return `${name}_`;
}

function readLine(
  timestamp: unknown,
  level: unknown,
  message: unknown,
  stack: unknown,
  fields: Readonly<Record<string, unknown>>,
): ReadLine {
  return {
    timestamp: String(timestamp),
    level: String(level),
    message: String(message),
    stack: typeof stack === 'string' ? stack : undefined,
    fields,
  };
}
