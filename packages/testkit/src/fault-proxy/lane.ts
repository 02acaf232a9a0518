import type { Socket } from 'node:net';
import type { Faults } from './faults.js';

/** How much is kept for a peer that does not take it; more than this, and the sender has to wait. */
const maxQueuedBytes = 1024 * 1024;

/** A slow line is served in slices this long. */
const sliceMs = 20;

interface Parcel {
  /** `undefined` is the end of the stream. */
  readonly bytes: Buffer | undefined;
  readonly due: number;
}

/** One direction of one connection: takes bytes from `source`, lets the faults have their way, gives them to `sink`. */
export class Lane {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #faults: () => Faults;
  readonly #onCut: () => void;
  readonly #queue: Parcel[] = [];
  #queuedBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #epoch = -1;
  /** Bytes given to the sink since the epoch began. */
  #passed = 0;
  #allowance = 0;
  #allowanceAt = 0;
  #blocked = false;
  #closed = false;

  constructor(source: Socket, sink: Socket, faults: () => Faults, onCut: () => void) {
    this.#source = source;
    this.#sink = sink;
    this.#faults = faults;
    this.#onCut = onCut;
    source.on('data', (bytes: Buffer) => this.#take(bytes));
    source.on('end', () => this.#take(undefined));
    sink.on('drain', () => {
      this.#blocked = false;
      this.pump();
    });
  }

  /** Passes on what may pass now. Called again whenever the faults change. */
  pump(): void {
    clearTimeout(this.#timer);
    while (!this.#blocked && !this.#sink.destroyed) {
      const faults = this.#faults();
      const head = this.#queue[0];
      if (head === undefined || faults.held) return;
      // Bytes that were delayed by a fault that is over go at once.
      const delayMs = faults.latencyMs + faults.jitterMs > 0 ? head.due - performance.now() : 0;
      const waitMs = Math.max(delayMs, this.#sliceWaitMs(faults));
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.pump(), Math.ceil(waitMs));
        this.#timer.unref();
        return;
      }
      this.#queue.shift();
      if (head.bytes === undefined) this.#sink.end();
      else this.#give(head.bytes, head.due, faults);
    }
  }

  /** Takes and gives no more; what is queued is dropped. */
  close(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
    this.#closed = true;
  }

  #take(bytes: Buffer | undefined): void {
    if (this.#closed) return;
    const { latencyMs, jitterMs } = this.#faults();
    // The queue keeps the order, as TCP does: what is due earlier waits for what came before it.
    this.#queue.push({ bytes, due: performance.now() + latencyMs + Math.random() * jitterMs });
    this.#queuedBytes += bytes?.length ?? 0;
    if (this.#queuedBytes > maxQueuedBytes) this.#source.pause();
    this.pump();
  }

  #give(bytes: Buffer, due: number, faults: Faults): void {
    if (this.#epoch !== faults.epoch) {
      this.#epoch = faults.epoch;
      this.#passed = 0;
    }
    const untilCut = faults.cutAfterBytes === undefined ? bytes.length : faults.cutAfterBytes - this.#passed;
    const allowed = Math.min(bytes.length, untilCut, this.#allowed(faults));
    const now = bytes.subarray(0, allowed);
    const rest = bytes.subarray(allowed);
    if (rest.length > 0) this.#queue.unshift({ bytes: rest, due });
    const written = corrupted(now, this.#passed, faults);
    this.#passed += now.length;
    this.#allowance -= now.length;
    this.#queuedBytes -= now.length;
    if (this.#queuedBytes <= maxQueuedBytes && this.#source.isPaused()) this.#source.resume();
    if (faults.cutAfterBytes !== undefined && this.#passed >= faults.cutAfterBytes) {
      this.#sink.end(written);
      this.#onCut();
      return;
    }
    if (written.length > 0 && !this.#sink.write(written)) this.#blocked = true;
  }

  #sliceWaitMs({ bytesPerSecond }: Faults): number {
    if (bytesPerSecond === undefined || this.#allowed({ bytesPerSecond }) > 0) return 0;
    return Math.max(sliceMs, 1_000 / bytesPerSecond);
  }

  /** A bucket of one slice, filled at the line's speed. */
  #allowed({ bytesPerSecond }: Pick<Faults, 'bytesPerSecond'>): number {
    if (bytesPerSecond === undefined) return Number.POSITIVE_INFINITY;
    const now = performance.now();
    const bucket = Math.max(1, (bytesPerSecond * sliceMs) / 1_000);
    this.#allowance = Math.min(
      bucket,
      Math.max(0, this.#allowance) + ((now - this.#allowanceAt) / 1_000) * bytesPerSecond,
    );
    this.#allowanceAt = now;
    return Math.floor(this.#allowance);
  }
}

function corrupted(bytes: Buffer, passed: number, { corruption }: Faults): Buffer {
  if (corruption === undefined || bytes.length === 0) return bytes;
  const { afterBytes, everyNth } = corruption;
  const copy = Buffer.from(bytes);
  for (let at = 0; at < copy.length; at++) {
    const beyond = passed + at - afterBytes;
    const hit = everyNth === undefined ? beyond === 0 : beyond >= 0 && beyond % everyNth === 0;
    if (hit) copy[at] = (copy[at] ?? 0) ^ 0xff;
  }
  return copy;
}
