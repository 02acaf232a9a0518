import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogFields } from '@seaworthy/contracts';
import { safeCopy } from './lines/safe-copy.js';
import { isRequestId } from './requests/request-id.js';
import { formatTraceparent, type Trace } from './requests/trace-context.js';

/** What every line says that is written while it lasts. Lines render it once and keep the text here. */
export interface LogContext {
  readonly fields: LogFields;
  readonly trace: Trace | undefined;
  /** The header that carries the request's id, in lower case, unless it is `x-request-id`. */
  readonly idHeader?: string | undefined;
  /** The rendering of `fields`, by the line format that made it. */
  rendered?: RenderedContext;
}

/** A context's fields as text, each beginning with a comma. */
export interface RenderedContext {
  readonly by: object;
  /** Among the data. */
  readonly text: string;
  /** Beside the data, in schemas that keep those apart. */
  readonly outside: string;
  /** What data of a line may not be called. */
  readonly names: ReadonlySet<string>;
}

export const usualIdHeader = 'x-request-id';

/** The context of a request. Its fields are made when somebody reads them, which lines do not. */
export class RequestContext implements LogContext {
  readonly trace: Trace;
  readonly requestId: string;
  /** Only there when it is another one: a property for each request costs. */
  declare readonly idHeader?: string;
  rendered?: RenderedContext;
  private made: LogFields | undefined;

  constructor(requestId: string, trace: Trace, idHeader: string = usualIdHeader) {
    this.requestId = requestId;
    this.trace = trace;
    this.made = undefined;
    if (idHeader !== usualIdHeader) this.idHeader = idHeader;
  }

  get fields(): LogFields {
    this.made ??= Object.freeze({
      requestId: this.requestId,
      trace_id: this.trace.traceId,
      span_id: this.trace.spanId,
    });
    return this.made;
  }
}

const singleton = Symbol.for('seaworthy.log-context.v1');

let found: AsyncLocalStorage<LogContext> | undefined;

/** One storage for all copies of this package, made when it is first asked for. */
function storage(): AsyncLocalStorage<LogContext> {
  found ??= sharedStorage();
  return found;
}

function sharedStorage(): AsyncLocalStorage<LogContext> {
  const known: AsyncLocalStorage<LogContext> | undefined = Reflect.get(globalThis, singleton);
  if (known !== undefined) return known;
  const made = new AsyncLocalStorage<LogContext>();
  Object.defineProperty(globalThis, singleton, { value: made });
  return made;
}

/** The context of the running code, for the line format and the request log. */
export function activeContext(): LogContext | undefined {
  return storage().getStore();
}

/** Runs `work` in exactly this context. */
export function runInContext<T>(context: LogContext, work: () => T): T {
  return storage().run(context, work);
}

/**
 * Runs `work` so that every line written in it, and in whatever it awaits or starts, carries `fields` too. Contexts nest;
 * the inner value of a name wins. What `work` returns or throws comes back unchanged.
 *
 * A field of a single line cannot replace one of the context: it is written with an underscore after its name.
 *
 * @example
 * await withContext({ jobId: job.id }, () => run(job));
 */
export function withContext<T>(fields: LogFields, work: () => T): T {
  const outer = activeContext();
  return runInContext(
    {
      fields: Object.freeze({ ...outer?.fields, ...safeCopy(fields) }),
      trace: outer?.trace,
      idHeader: outer?.idHeader,
    },
    work,
  );
}

/** The fields that lines carry here, or `undefined` outside of any context. The object is frozen. */
export function currentContext(): LogFields | undefined {
  return activeContext()?.fields;
}

/**
 * The headers that carry the running request's identity to another service: `x-request-id`, or what `requestIdHeader` says,
 * `traceparent` and, when one came in, `tracestate`. Empty outside of a request. A `requestId` that `withContext` was given is
 * left out when an incoming one like it would be replaced.
 *
 * @example
 * await fetch(url, { headers: outboundHeaders() });
 */
export function outboundHeaders(): Record<string, string> {
  const context = activeContext();
  const headers: Record<string, string> = {};
  const requestId = context?.fields.requestId;
  if (isRequestId(requestId)) headers[context?.idHeader ?? usualIdHeader] = requestId;
  if (context?.trace !== undefined) {
    headers.traceparent = formatTraceparent(context.trace);
    if (context.trace.state !== undefined) headers.tracestate = context.trace.state;
  }
  return headers;
}
