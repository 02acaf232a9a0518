import type { Logger, Metrics } from '@seaworthy/contracts';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps what it was told. */
export function recordingLogger(): { readonly logger: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const method =
    (level: string) =>
    (message: string, fields: LogLine['fields'] = {}) =>
      lines.push({ level, message, fields });
  const logger = {
    error: method('error'),
    warn: method('warn'),
    info: method('info'),
    debug: method('debug'),
  };
  return { logger, lines };
}

/** Metrics that keep the sum of each counter and the last value of each gauge. */
export function recordingMetrics(): { readonly metrics: Metrics; value(name: string): number } {
  const values = new Map<string, number>();
  return {
    value: (name) => values.get(name) ?? 0,
    metrics: {
      counter: ({ name }) => ({
        add: (amount = 1) => void values.set(name, (values.get(name) ?? 0) + amount),
      }),
      gauge: ({ name }) => ({ set: (value) => void values.set(name, value) }),
      histogram: () => ({ record: () => undefined }),
    },
  };
}
