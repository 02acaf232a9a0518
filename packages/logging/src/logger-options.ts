import {
  type Clock,
  type DurationInput,
  type LogFields,
  optionsOf,
  type ProcessEvents,
} from '@seaworthy/contracts';
import type winston from 'winston';
import type { SchemaName } from './lines/line-schema.js';
import type { LogLimits } from './lines/log-limits.js';
import type { LogRedactor, RedactOptions } from './redaction/redactor.js';
import type { SampleOptions } from './repeat-sampler.js';
import type { SinkDefinition } from './sinks/sink.js';

export interface LoggerOptions {
  /** Which service writes: `kpi-backend`. On every line. */
  readonly service: string;
  /** Where it runs: `production`. On every line. */
  readonly environment: string;
  /** The least severe level that is written. @defaultValue 'info' */
  readonly level?: string;
  /** Level names with their rank, 0 the most severe. @defaultValue winston's npm levels: error warn info http verbose debug silly */
  readonly levels?: Readonly<Record<string, number>>;
  /**
   * What the line's own fields are called. `winston`: timestamp, level, message, service, environment, stack, error. `otel`: the
   * OpenTelemetry log data model, with data in `attributes`. `ecs`: Elastic Common Schema 8. @defaultValue 'winston'
   */
  readonly schema?: SchemaName;
  /** Further fields of every line: `{ version }`. winston calls them `defaultMeta`. @defaultValue {} */
  readonly fields?: LogFields;
  /** Where lines go. @defaultValue [stdout()] */
  readonly sinks?: readonly SinkDefinition[];
  /** What is secret beyond the built-in names, or a redactor that several parts of a service share. @defaultValue {} */
  readonly redact?: RedactOptions | LogRedactor;
  /** @defaultValue { maxDepth: 8, maxKeys: 100, maxStringLength: 16384, maxLineLength: 65536 } */
  readonly limits?: Partial<LogLimits>;
  /** Shapes what winston transports get, after redaction; the sinks' lines stay as they are. @defaultValue none */
  readonly format?: winston.Logform.Format;
  /**
   * `false` sends every line through winston's stream, for tools that patch winston's `write` to see the lines. It costs about
   * twice as much per line; the lines are the same. @defaultValue true
   */
  readonly direct?: boolean;
  /** Thin out lines that repeat; how many were left out is a line of its own. @defaultValue none */
  readonly sample?: SampleOptions;
  /** On this signal the level becomes `debug`, and on the next what it was. @defaultValue none */
  readonly debugOn?: 'SIGUSR2';
  /** Who is told about exits and crashes; `false` leaves the process to its owner, who then calls `close()`. @defaultValue processEvents() */
  readonly process?: ProcessEvents | false;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

export interface FlushOptions {
  /** How long a slow reader or a full disk may hold it up. @defaultValue '5s' */
  readonly timeout?: DurationInput;
}

export const readLoggerOptions = optionsOf<LoggerOptions>('createLogger', {
  service: true,
  environment: true,
  schema: true,
  level: true,
  levels: true,
  fields: true,
  sinks: true,
  redact: true,
  limits: true,
  format: true,
  direct: true,
  sample: true,
  debugOn: true,
  process: true,
  clock: true,
});

export const readFlushOptions = optionsOf<FlushOptions>('flush', { timeout: true });
