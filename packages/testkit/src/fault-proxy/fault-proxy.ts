import type { Direction } from './faults.js';

/** Which way a fault works. @defaultValue both ways */
export interface OneWay {
  readonly direction?: Direction;
}

export interface LatencyOptions extends OneWay {
  /** Up to this much more, at random, in milliseconds. @defaultValue 0 */
  readonly jitterMs?: number;
}

export interface CorruptOptions extends OneWay {
  /** How many bytes pass unharmed first, on each connection. @defaultValue 0 */
  readonly afterBytes?: number;
  /** Flips one byte in so many from there on. @defaultValue one byte only */
  readonly everyNth?: number;
}

/**
 * Stands between a client and a server and misbehaves on demand. Faults stay until `clear()`, add up, and reach
 * connections that are open as well as new ones.
 */
export interface FaultProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** Connections that clients have made so far. */
  readonly accepted: number;
  /** The same URL with the proxy in the place of the server. */
  url(serverUrl: string): string;
  /** Each byte, and the end of a stream, arrives this much later. */
  latency(ms: number, options?: LatencyOptions): void;
  /** A slow line: so many bytes a second, in small pieces. */
  drip(bytesPerSecond: number, options?: OneWay): void;
  /** Connections are accepted and stay open, and nothing passes, not even an end. After `clear()` what was held passes, as when a network heals. */
  blackhole(options?: OneWay): void;
  /** New connections get ECONNREFUSED. Open ones live on. */
  refuse(): Promise<void>;
  /** Ends all open connections with a TCP reset. With `newToo`, each new one as well, until `clear()`. */
  reset(options?: { readonly newToo?: boolean }): void;
  /** Tells this side that the other will send no more; what this side sends still passes. */
  halfClose(side: 'client' | 'target'): void;
  /** Flips all bits of some bytes. */
  corrupt(options?: CorruptOptions): void;
  /** Ends each connection after so many more bytes in that direction; the receiver gets those bytes and then an end. */
  cutAfter(bytes: number, options?: OneWay): void;
  /** No more faults. Resolves when new connections are accepted again. */
  clear(): Promise<void>;
  /** Ends all connections and gives the port back. */
  close(): Promise<void>;
}
