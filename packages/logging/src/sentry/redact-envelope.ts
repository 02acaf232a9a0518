import type { LogRedactor } from '../redaction/redactor.js';
import type { Envelope, EnvelopeItem } from './sentry-sdk.js';

/** The part of a redactor that is asked. */
export type EnvelopeRedactor = Pick<LogRedactor, 'redact' | 'redactText'>;

/** Attributes of a request's address. Sentry 11 leaves the query out of some of them when it is told to, of Fastify's it does not. */
const addresses: ReadonlySet<string> = new Set(['url.path', 'url.full', 'http.target', 'http.url', 'url']);

type Members = Readonly<Record<string, unknown>>;

/** Containers whose items carry attributes, each a value with its type. */
const withAttributes: ReadonlySet<string> = new Set(['span', 'log', 'trace_metric']);

/**
 * The envelope without secrets, its payloads as JSON. It works on what is about to be sent, whichever of Sentry's ways it took: events,
 * transactions, spans, logs, metrics, feedback, and kinds that do not exist yet. Texts and bytes that Sentry would send as they are,
 * which attachments and recordings are, cannot be read and are left out.
 */
export function redactEnvelope([headers, items]: Envelope, redactor: EnvelopeRedactor): Envelope {
  const redacted: EnvelopeItem[] = [];
  for (const [itemHeaders, payload] of items) {
    if (!isMembers(payload) || payload instanceof Uint8Array) continue;
    redacted.push([itemHeaders, JSON.stringify(redactPayload(itemHeaders.type, payload, redactor))]);
  }
  return [redactHeaders(headers, redactor), redacted];
}

function redactPayload(type: string, payload: Members, redactor: EnvelopeRedactor): unknown {
  if (type === 'client_report') return payload; // counts, of Sentry's own
  // A number that Sentry counts sessions by, not a session of the service's.
  if (type === 'session' || type === 'sessions') return redactBut('sid', payload, redactor);
  if (withAttributes.has(type) && Array.isArray(payload.items)) {
    return { ...payload, items: payload.items.map((item: unknown) => redactAttributed(item, redactor)) };
  }
  // Packages with their versions, some of which are called like secrets: `cookie`.
  return redactBut('modules', payload, redactor);
}

function redactBut(name: string, members: Members, redactor: EnvelopeRedactor): Members {
  const { [name]: kept, ...rest } = members;
  const redacted: Members = Object(redactor.redact(rest));
  return kept === undefined ? redacted : { ...redacted, [name]: kept };
}

/** A span, a log or a metric. */
function redactAttributed(item: unknown, redactor: EnvelopeRedactor): Members {
  if (!isMembers(item)) return {};
  const { attributes, ...rest } = item;
  const redacted: Members = Object(redactor.redact(rest));
  if (!isMembers(attributes)) return redacted;
  return { ...redacted, attributes: redactAttributes(attributes, redactor) };
}

/** As plain members, so that a name decides about its value; a value that becomes a text is declared as one. */
function redactAttributes(attributes: Members, redactor: EnvelopeRedactor): Members {
  const plain: Record<string, unknown> = {};
  for (const name in attributes) {
    const attribute = attributes[name];
    const value = isMembers(attribute) ? attribute.value : attribute;
    plain[name] = addresses.has(name) && typeof value === 'string' ? value.replace(/\?.*/s, '') : value;
  }
  const redacted: Members = Object(redactor.redact(plain));
  const result: Record<string, unknown> = {};
  for (const name in redacted) {
    const value = redacted[name];
    const attribute = attributes[name];
    const known = isMembers(attribute) ? attribute : {};
    result[name] = { ...known, value, type: typeof value === 'string' ? 'string' : known.type };
  }
  return result;
}

/** The name of a transaction may be a path with values in it; the rest are ids and the service's own names. */
function redactHeaders(headers: Envelope[0], redactor: EnvelopeRedactor): Envelope[0] {
  const { trace } = headers;
  if (!isMembers(trace) || typeof trace.transaction !== 'string') return headers;
  return { ...headers, trace: { ...trace, transaction: redactor.redactText(trace.transaction) } };
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
