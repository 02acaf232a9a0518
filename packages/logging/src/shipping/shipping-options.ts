import {
  type BytesInput,
  type DurationInput,
  invalidOption,
  type Metrics,
  optionsOf,
  parseBytes,
  parseDuration,
  silentMetrics,
  wholeNumber,
} from '@seaworthy/contracts';

export interface ShippingOptions {
  /** What is shipped, whatever the logger's level is. @defaultValue the logger's level */
  readonly level?: string;
  /** Bytes of the spool on the disk, from 1 MB on. @defaultValue '256mb' */
  readonly maxBytes?: BytesInput;
  /** What goes when the spool is full: its oldest segment, a sixteenth of it, or lines that are new. @defaultValue 'drop-oldest' */
  readonly onFull?: 'drop-oldest' | 'drop-newest';
  /**
   * When lines reach the spool. `turn`: at the end of each turn of the event loop, so that SIGKILL costs at most one turn.
   * `sync`: each before the call returns, so that it costs nothing. @defaultValue 'turn'
   */
  readonly mode?: 'turn' | 'sync';
  /** How long one delivery may take. @defaultValue '10s' */
  readonly timeout?: DurationInput;
  /** How long lines gather before they are sent together. @defaultValue '500ms' */
  readonly linger?: DurationInput;
  /** Lines of one delivery. @defaultValue 1000 */
  readonly batchLines?: number;
  /** Bytes of one delivery. @defaultValue '1mb' */
  readonly batchBytes?: BytesInput;
  /** The longest wait between two tries; waits are random and double from 250 ms on. @defaultValue '30s' */
  readonly maxRetryDelay?: DurationInput;
  /** Bytes of `dead-letters.ndjson`; what does not fit is dropped and counted. @defaultValue '16mb' */
  readonly maxDeadLetters?: BytesInput;
  /** @defaultValue none */
  readonly metrics?: Metrics;
  /** @defaultValue Math.random */
  readonly random?: () => number;
}

const readOptions = optionsOf<ShippingOptions>('shipping', {
  level: true,
  maxBytes: true,
  onFull: true,
  mode: true,
  timeout: true,
  linger: true,
  batchLines: true,
  batchBytes: true,
  maxRetryDelay: true,
  maxDeadLetters: true,
  metrics: true,
  random: true,
});

/** Below it a batch, a segment and a line would have no room beside one another. */
const smallestSpool = 1_048_576;

export type ShippingSettings = ReturnType<typeof shippingSettings>;

/** Options with their defaults, parsed. @throws OptionsError */
export function shippingSettings(options: ShippingOptions) {
  const {
    maxBytes = '256mb',
    onFull = 'drop-oldest',
    mode = 'turn',
    batchLines = 1_000,
  } = readOptions(options);
  if (onFull !== 'drop-oldest' && onFull !== 'drop-newest') {
    throw invalidOption('shipping', 'onFull', '"drop-oldest" or "drop-newest"');
  }
  if (mode !== 'turn' && mode !== 'sync') throw invalidOption('shipping', 'mode', '"turn" or "sync"');
  const spoolBytes = parseBytes(maxBytes);
  if (spoolBytes < smallestSpool) throw invalidOption('shipping', 'maxBytes', 'at least 1 MB');
  const timeoutMs = parseDuration(options.timeout ?? '10s');
  if (timeoutMs < 1) throw invalidOption('shipping', 'timeout', 'at least 1 ms');
  return {
    maxBytes: spoolBytes,
    // Three bytes each at most, so what waits in memory always fits the bound of the disk.
    maxWaiting: Math.max(smallestSpool / 8, Math.floor(spoolBytes / 64)),
    onFull,
    mode,
    timeoutMs,
    lingerMs: parseDuration(options.linger ?? '500ms'),
    limits: {
      maxRecords: wholeNumber('shipping', 'batchLines', batchLines, { min: 1 }),
      maxBytes: wholeNumber('shipping', 'batchBytes', parseBytes(options.batchBytes ?? '1mb'), {
        min: 1_024,
      }),
    },
    maxRetryMs: parseDuration(options.maxRetryDelay ?? '30s'),
    maxDeadLetters: parseBytes(options.maxDeadLetters ?? '16mb'),
    metrics: options.metrics ?? silentMetrics,
    random: options.random ?? Math.random,
  };
}
