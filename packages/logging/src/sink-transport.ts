import tripleBeam from 'triple-beam';
import TransportStream from 'winston-transport';
import type { Sink } from './sink.js';

/** Where the line format leaves its line in winston's pipeline, out of the reach of later formats. */
export const LINE = Symbol('seaworthy.line');

/**
 * A sink as winston sees it: listed in `logger.transports`, with a `level` and `silent` that may be changed, closed when it is
 * removed. The direct path calls `sink.write`; winston's own pipeline, where it runs, comes through `_write`.
 */
export class SinkTransport extends TransportStream {
  readonly sink: Sink;

  constructor(sink: Sink, level: string | undefined) {
    super(level === undefined ? {} : { level });
    this.sink = sink;
  }

  /** A field called `exception` makes winston's transports skip a line; data must not be able to do that here. */
  override _write(info: object, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const heard = 'exception' in info ? Object.create(info, { exception: { value: undefined } }) : info;
    super._write(heard, encoding, callback);
  }

  override _writev(
    waiting: ReadonlyArray<{ readonly chunk: object; readonly encoding: BufferEncoding }>,
    callback: (error?: Error | null) => void,
  ): void {
    for (const { chunk, encoding } of waiting) this._write(chunk, encoding, () => undefined);
    callback();
  }

  override log(info: Readonly<Record<symbol, unknown>>, next: () => void): void {
    const line = info[LINE] ?? `${String(info[tripleBeam.MESSAGE])}\n`;
    if (typeof line === 'string') this.sink.write(line);
    next();
  }

  override close(): void {
    this.sink.close();
  }
}
