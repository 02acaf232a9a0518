/** Structured data of a log line. */
export type LogFields = Readonly<Record<string, unknown>>;

/** One line at one level: what happened, then the data. */
export type LogMethod = (message: string, fields?: LogFields) => unknown;

/**
 * The part of a logger that the packages need. A winston logger and `console` fit as they are; a logger that takes the
 * fields first needs four lines around it.
 */
export interface Logger {
  readonly error: LogMethod;
  readonly warn: LogMethod;
  readonly info: LogMethod;
  readonly debug: LogMethod;
}

const nothing: LogMethod = () => undefined;

/** What a package logs to when nobody gave it a logger: nowhere. */
export const silentLogger: Logger = Object.freeze({
  error: nothing,
  warn: nothing,
  info: nothing,
  debug: nothing,
});
