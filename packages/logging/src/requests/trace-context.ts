import { randomFillSync } from 'node:crypto';

/** Where a request stands in a distributed trace (W3C Trace Context, level 1). */
export interface Trace {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits: this service's part. */
  readonly spanId: string;
  /** `01` when the caller may have recorded the trace, else `00`: what other bits mean is not known here, so they are not handed on. */
  readonly flags: string;
  /** The vendors' part, handed on unread. */
  readonly state: string | undefined;
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Longer states may be cut by anybody on the way (section 3.3.1.5); a bound of our own keeps them out of our memory. */
const longestState = 512;

/**
 * The trace that a request's `traceparent` and `tracestate` continue, or a new one when they are absent or break the rules:
 * version `ff`, an id of zeros, capitals, or anything after the flags in version 00.
 */
export function continueTrace(traceparent: string | undefined, tracestate: string | undefined): Trace {
  const match = traceparent === undefined || traceparent.length > 256 ? null : pattern.exec(traceparent);
  const [, version, traceId = '', parentId = '', flags = '00', rest] = match ?? [];
  const valid =
    match !== null &&
    version !== 'ff' &&
    !/^0+$/.test(traceId) &&
    !/^0+$/.test(parentId) &&
    (version !== '00' || rest === undefined);
  if (!valid) return { traceId: randomHex(16), spanId: randomHex(8), flags: '00', state: undefined };
  const state = tracestate !== undefined && /^[\x20-\x7e]+$/.test(tracestate) ? tracestate : undefined;
  return {
    traceId,
    spanId: randomHex(8),
    flags: isSampled(flags) ? '01' : '00',
    state: state !== undefined && state.length <= longestState ? state : undefined,
  };
}

/** The lowest bit. Section 3.2.2.5.2: whoever hands a trace on must set those to zero that it does not know. */
function isSampled(flags: string): boolean {
  return /[13579bdf]$/.test(flags);
}

/** The header by which another service continues `trace`. */
export function formatTraceparent(trace: Trace): string {
  return `00-${trace.traceId}-${trace.spanId}-${trace.flags}`;
}

/** One draw from the system serves many ids, and so does one conversion: a draw for each id would cost 20 times as much. */
let bytes: Buffer | undefined;
let pool = '';
let used = 0;

function randomHex(length: number): string {
  const digits = length * 2;
  if (used + digits > pool.length) {
    bytes = randomFillSync(bytes ?? Buffer.allocUnsafe(2_048));
    pool = bytes.toString('hex');
    used = 0;
  }
  used += digits;
  return pool.slice(used - digits, used);
}
