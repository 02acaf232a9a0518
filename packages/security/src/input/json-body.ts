import type { IncomingMessage } from 'node:http';
import {
  type BytesInput,
  type Clock,
  type DurationInput,
  optionsOf,
  parseBytes,
  parseDuration,
  systemClock,
  wholeNumber,
} from '@seaworthy/contracts';
import sjson from 'secure-json-parse';
import { type InputRefusal, refuseBody } from './input-refusal.js';
import { readBody } from './read-body.js';

export interface JsonBodiesOptions {
  /** A longer body is refused with 413, before it is read where its length is told. @defaultValue '100kb' */
  readonly maxBytes?: BytesInput;
  /** How long a body may take from its first look to its last byte; then 408. @defaultValue '10s' */
  readonly timeout?: DurationInput;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

export type JsonBody =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly refusal: InputRefusal };

const readOptions = optionsOf<JsonBodiesOptions>('jsonBodies', {
  maxBytes: true,
  timeout: true,
  clock: true,
});

const none: JsonBody = { ok: true, value: undefined };

/**
 * Compiles a reader of JSON bodies: `application/json` in UTF-8 and nothing else, of bounded length and time, without keys
 * that change a prototype. A request without a body has the value `undefined`.
 */
export function jsonBodyReader(
  options: JsonBodiesOptions = {},
): (request: IncomingMessage) => Promise<JsonBody> {
  const { maxBytes: limit = '100kb', timeout = '10s', clock = systemClock } = readOptions(options);
  const maxBytes = wholeNumber('jsonBodies', 'maxBytes', parseBytes(limit), { min: 1, max: 268_435_456 });
  const timeoutMs = wholeNumber('jsonBodies', 'timeout', parseDuration(timeout), { min: 1, max: 3_600_000 });
  return async (request) => {
    if (!hasBody(request)) return none;
    if (!isPlainJson(request)) return refused('UNSUPPORTED_TYPE');
    const body = await readBody(request, { maxBytes, timeoutMs, clock });
    if (body === 408) return refused('BODY_TOO_SLOW');
    if (body === 413) return refused('BODY_TOO_LARGE');
    if (body === 400) return refused('MALFORMED_BODY');
    return body.length === 0 ? none : parse(body);
  };
}

function hasBody(request: IncomingMessage): boolean {
  const { headers, httpVersionMajor } = request;
  if (httpVersionMajor > 1) return !endsWithItsHead(request);
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** HTTP/2 tells no length in advance and has no transfer encoding: a request without a body ends with its headers. */
function endsWithItsHead(request: IncomingMessage): boolean {
  const stream: unknown = Reflect.get(request, 'stream');
  return (
    typeof stream === 'object' &&
    stream !== null &&
    'endAfterHeaders' in stream &&
    stream.endAfterHeaders === true
  );
}

function isPlainJson({ headers }: IncomingMessage): boolean {
  // A compressed body of a few kilobytes can be gigabytes.
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') return false;
  return /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(headers['content-type'] ?? '');
}

function parse(body: Buffer): JsonBody {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    // `null` where there is __proto__, or constructor with a prototype, however they are escaped.
    const value: unknown = sjson.parse(text, { safe: true });
    return value === null && text.trim() !== 'null' ? refused('FORBIDDEN_KEY') : { ok: true, value };
  } catch {
    return refused('MALFORMED_BODY');
  }
}

function refused(code: Parameters<typeof refuseBody>[0]): JsonBody {
  return { ok: false, refusal: refuseBody(code) };
}
