import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, invalidOption, type Logger, systemClock, wholeNumber } from '@seaworthy/contracts';
import type { SchemaName } from '../lines/line-schema.js';
import { memberOf } from '../lines/member-of.js';
import {
  activeContext,
  type LogContext,
  RequestContext,
  runInContext,
  usualIdHeader,
} from '../log-context.js';
import { createRedactor, type LogRedactor } from '../redaction/redactor.js';
import { contextOf, stayIn } from './request-context.js';
import { requestFields } from './request-fields.js';
import { requestIdOf } from './request-id.js';
import { type RequestLogOptions, readRequestLogOptions } from './request-log-options.js';
import { maskedUrl, pathOf, type SecretParts } from './request-path.js';
import { requestView } from './request-view.js';
import { continueTrace, formatTraceparent } from './trace-context.js';
import { whenOver } from './when-over.js';

/** A logger whose redactor also masks the URL; without one the built-in names are masked. */
export type RequestLogger = Pick<Logger, 'info' | 'warn'> & {
  readonly redactor?: LogRedactor;
  /** Names the fields of a request's line. @defaultValue 'winston' */
  readonly schema?: SchemaName;
};

/** What only the framework knows of its requests. */
export interface RequestKind<Request> {
  /** Path and query as the client sent them. */
  url(request: Request): string;
  /** The client's address behind proxies, by the framework's own rules about them. Asked when a proxy has named one. */
  forwardedIp?(request: Request): string | undefined;
  /** The template of the route that answered, once it has; never a path with values in it. */
  route?(request: Request): string | undefined;
  /** The values in the path, by name. */
  params?(request: Request): Readonly<Record<string, unknown>> | undefined;
  /** Where values with secret names stand in a path. */
  readonly secretParts?: SecretParts<Request>;
}

export interface RequestLog<Request> {
  /** Gives a request its id and its trace, and writes its line once when it is over. What follows must run in the context. */
  begin(raw: IncomingMessage, response: ServerResponse, request: Request): LogContext;
}

/** A token of RFC 9110. */
const headerName = /^[\w!#$%&'*+.^`|~-]+$/;

/** nginx's number for a client that went away before the answer was complete. */
const clientClosed = 499;

/** The policy that the adapters share. @throws OptionsError for a wrong option */
export function createRequestLog<Request>(
  logger: RequestLogger,
  options: RequestLogOptions,
  kind: RequestKind<Request>,
): RequestLog<Request> {
  const given = readRequestLogOptions(options);
  const { ignore = [], slowMs = 1_000, requestIdHeader = usualIdHeader, clientIp } = given;
  const clock: Clock = given.clock ?? systemClock;
  wholeNumber('requestLog', 'slowMs', slowMs);
  if (typeof requestIdHeader !== 'string' || !headerName.test(requestIdHeader)) {
    throw invalidOption('requestLog', 'requestIdHeader', 'a name of letters, digits and hyphens');
  }
  const idHeader = requestIdHeader.toLowerCase();
  const redactor = logger.redactor ?? createRedactor();
  const ignored = ignoredBy(ignore);
  const fieldsOf = requestFields[logger.schema ?? 'winston'];

  const failed = new Set<string>();

  /** A function that the service gave us and that throws is no reason to lose the request. It is said once, not for each request. */
  function onOptionFailed(option: string, error: unknown, context: LogContext): void {
    if (failed.has(option)) return;
    failed.add(option);
    const reason = redactor.redactText(String(memberOf(Object(error), 'message')));
    runInContext(context, () => logger.warn('An option of the request log threw', { option, reason }));
  }

  function isIgnored(raw: IncomingMessage, url: string, context: LogContext): boolean {
    try {
      return ignored(raw, url);
    } catch (error) {
      onOptionFailed('ignore', error, context);
      return false;
    }
  }

  /** The address of the other end; a framework asks for more than that, which is dear, only where a proxy says who sent it. */
  function ipOf(
    raw: IncomingMessage,
    headers: IncomingHttpHeaders,
    request: Request,
    url: string,
  ): string | undefined {
    if (clientIp !== undefined) return clientIp(requestView(raw, url));
    const forwarded = kind.forwardedIp !== undefined && headers['x-forwarded-for'] !== undefined;
    return forwarded ? kind.forwardedIp?.(request) : raw.socket.remoteAddress;
  }

  function plainIpOf(
    raw: IncomingMessage,
    headers: IncomingHttpHeaders,
    request: Request,
    url: string,
    context: LogContext,
  ): string | null {
    try {
      const ip: unknown = ipOf(raw, headers, request, url);
      if (typeof ip !== 'string') return null;
      return ip.startsWith('::ffff:') ? ip.replace(/^::ffff:(?=\d+\.)/, '') : ip;
    } catch (error) {
      onOptionFailed('clientIp', error, context);
      return null;
    }
  }

  function watch(
    raw: IncomingMessage,
    headers: IncomingHttpHeaders,
    response: ServerResponse,
    request: Request,
    url: string,
    context: LogContext,
  ): void {
    const startedAt = clock.monotonic();
    const { method } = raw;
    const userAgent = headers['user-agent'] ?? null;
    const ip = plainIpOf(raw, headers, request, url, context); // read now: once the socket is gone, nobody knows

    whenOver(raw, response, () => {
      const finished = response.writableFinished;
      const durationMs = Math.round((clock.monotonic() - startedAt) * 10) / 10;
      const fields = fieldsOf({
        method,
        url: maskedUrl(url, request, kind.secretParts, redactor),
        statusCode: finished ? response.statusCode : clientClosed,
        durationMs,
        userAgent,
        ip,
        route: attempt(kind.route, request),
        aborted: finished ? undefined : true,
      });
      const level = durationMs >= slowMs ? 'warn' : 'info';
      if (activeContext() === context) logger[level]('Request completed', fields);
      else runInContext(context, () => logger[level]('Request completed', fields));
    });
  }

  return {
    begin(raw, response, request) {
      const known = contextOf(raw);
      if (known !== undefined) return known;
      // Once: behind Express's own prototypes each property that is read of a request is looked up anew, in about a microsecond.
      const { headers } = raw;
      const trace = continueTrace(single(headers.traceparent), single(headers.tracestate));
      const requestId = requestIdOf(single(headers[idHeader]));
      const context = new RequestContext(requestId, trace, idHeader);
      if (!response.headersSent) {
        response.setHeader(idHeader, requestId);
        response.setHeader('traceparent', formatTraceparent(trace));
      }
      const url = kind.url(request);
      if (!isIgnored(raw, url, context)) watch(raw, headers, response, request, url, context);
      stayIn(context, raw, response); // after `watch`, whose listener needs no help
      return context;
    },
  };
}

function ignoredBy(
  ignore: NonNullable<RequestLogOptions['ignore']>,
): (request: IncomingMessage, url: string) => boolean {
  if (typeof ignore === 'function') return (request, url) => ignore(requestView(request, url)) === true;
  if (ignore.length === 0) return () => false;
  const exact = new Set(ignore.filter((path) => !path.endsWith('/*')));
  const below = ignore.filter((path) => path.endsWith('/*')).map((path) => path.slice(0, -1));
  return (_request, url) => {
    const path = pathOf(url);
    return exact.has(path) || below.some((prefix) => path.startsWith(prefix));
  };
}

/** A framework that cannot say is no reason to lose a line or a record. */
export function attempt<Request, T>(
  ask: ((request: Request) => T) | undefined,
  request: Request,
): T | undefined {
  try {
    return ask?.(request);
  } catch {
    return undefined;
  }
}

/** Two ids are no id. */
function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
