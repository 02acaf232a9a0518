import {
  createLogger,
  type LoggerOptions,
  type ServiceLogger,
  type Sink,
  type SinkDefinition,
} from '../../src/index.js';

export type Line = Readonly<Record<string, unknown>>;

/** A sink of the public kind that keeps its lines. */
export interface MemorySink extends SinkDefinition {
  readonly texts: string[];
  /** Every line, parsed. */
  lines(): Line[];
}

export function memorySink(level?: string): MemorySink {
  const texts: string[] = [];
  const sink: Sink = {
    write: (line) => void texts.push(line),
    flushSync: () => undefined,
    flush: async () => undefined,
    reopen: () => undefined,
    close: () => undefined,
    stats: () => ({
      name: 'memory',
      written: texts.length,
      dropped: 0,
      buffered: 0,
      bytes: 0,
      lastError: undefined,
    }),
  };
  return {
    name: 'memory',
    level,
    open: () => sink,
    texts,
    lines: () => texts.map((text) => JSON.parse(text)),
  };
}

/** A logger for tests: it leaves the test's process alone and writes to memory. */
export function testLogger(options: Partial<LoggerOptions> = {}): {
  readonly log: ServiceLogger;
  readonly texts: string[];
  lines(): Line[];
  last(): Line;
} {
  const sink = memorySink();
  const log = createLogger({
    service: 'shop',
    environment: 'test',
    process: false,
    sinks: [sink],
    ...options,
  });
  return {
    log,
    texts: sink.texts,
    lines: sink.lines,
    last() {
      const text = sink.texts.at(-1);
      if (text === undefined) throw new Error('Nothing was logged.');
      return JSON.parse(text);
    },
  };
}
