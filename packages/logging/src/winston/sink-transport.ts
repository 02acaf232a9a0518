import TransportStream from 'winston-transport';
import type { Sink } from '../sinks/sink.js';

/** How long `end()` waits for a slow reader or a full disk, as `close()` does by default. */
const endWaitMs = 5_000;

/**
 * A sink as winston sees it: listed in `logger.transports`, with a `level` and `silent` that may be changed, closed when it is
 * removed. Lines do not come to it through winston's stream: they go to `sink.write`.
 */
export class SinkTransport extends TransportStream {
  readonly sink: Sink;

  constructor(sink: Sink, level: string | undefined) {
    super(level === undefined ? {} : { level });
    this.sink = sink;
  }

  override _write(_info: unknown, _encoding: BufferEncoding, callback: () => void): void {
    callback();
  }

  override _writev(_waiting: readonly unknown[], callback: () => void): void {
    callback();
  }

  /** winston's `add` asks for one. */
  override log(_info: unknown, next: () => void): void {
    next();
  }

  /** winston closes it once it has finished, which gives up what still waits. */
  override _final(callback: () => void): void {
    void this.handOver().finally(callback);
  }

  private async handOver(): Promise<void> {
    try {
      await this.sink.flush(endWaitMs);
    } catch {
      // What is left is counted when it is closed.
    }
  }

  override close(): void {
    this.sink.close();
  }
}
