import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse as parseQuery } from 'node:querystring';
import { type InputOf, type InputSchemas, inputCheck } from './check-input.js';
import type { InputRefusal } from './input-refusal.js';
import { type JsonBodiesOptions, jsonBodyReader } from './json-body.js';

/** What body parsers and routers put on a request; without a router the query is read from the URL. */
export interface InputRequest extends IncomingMessage {
  body?: unknown;
  /** Tells other body parsers that there is nothing left to read. */
  _body?: boolean;
  readonly query?: unknown;
  readonly params?: unknown;
}

export type InputMiddleware = (
  request: InputRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** A check of one route, which afterwards knows what the route was given. */
export interface Validated<Schemas extends InputSchemas> extends InputMiddleware {
  /**
   * What the schemas made of this request.
   *
   * @throws TypeError for a request that did not pass this check.
   */
  of(request: IncomingMessage): InputOf<Schemas>;
}

/**
 * Reads JSON bodies into `request.body`, on node:http, Express 4 and Express 5: mount it instead of `express.json()`, before
 * the routes.
 *
 * @example
 * app.use(jsonBodies({ maxBytes: '1mb' }));
 */
export function jsonBodies(options: JsonBodiesOptions = {}): InputMiddleware {
  const read = jsonBodyReader(options);
  return (request, response, next) => {
    read(request).then((body) => {
      if (!body.ok) return answerRefusal(request, response, body.refusal);
      request.body = body.value;
      request._body = true;
      next();
    }, next);
  };
}

/**
 * Lets a request through whose parts are as their schemas want them, and answers 400 with the fields that are not.
 *
 * @throws OptionsError for what is no Standard Schema.
 *
 * @example
 * const order = validated({ params: z.object({ id: z.uuid() }), body: z.object({ amount: z.int() }) });
 * app.put('/orders/:id', order, (req, res) => {
 *   const { params, body } = order.of(req);
 *   res.json({ [params.id]: body.amount });
 * });
 */
export function validated<const Schemas extends InputSchemas>(schemas: Schemas): Validated<Schemas> {
  const check = inputCheck(schemas);
  const known = new WeakMap<IncomingMessage, InputOf<Schemas>>();
  const middleware: InputMiddleware = (request, response, next) => {
    const { body, params = {}, headers } = request;
    check({ body, query: request.query ?? queryOf(request.url), params, headers }).then((result) => {
      if (!result.ok) return answerRefusal(request, response, result.refusal);
      known.set(request, result.value);
      next();
    }, next);
  };
  return Object.assign(middleware, { of: (request: IncomingMessage) => checkedOf(known, request) });
}

/** What a check knows of a request. */
export function checkedOf<Value>(known: WeakMap<IncomingMessage, Value>, request: IncomingMessage): Value {
  const value = known.get(request);
  if (value === undefined)
    throw new TypeError('This request did not pass the check. Put validated() before the handler.');
  return value;
}

/** Any text may stand where a URL is expected, and `new URL` throws for some. */
function queryOf(url = '/'): Readonly<Record<string, unknown>> {
  const search = /^[^?#]*\?([^#]*)/.exec(url)?.[1] ?? '';
  return { ...parseQuery(search, '&', '=', { maxKeys: 0 }) };
}

/** How long a client may go on sending what nobody reads. */
const lingerMs = 2_000;

function answerRefusal(request: IncomingMessage, response: ServerResponse, refusal: InputRefusal): void {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = refusal.status;
  response.setHeader('Content-Type', refusal.contentType);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Length', Buffer.byteLength(refusal.body));
  if (!request.complete) letGo(request, response);
  response.end(refusal.body);
}

/** Closes the connection when the answer is through. A client that still sends would not see it if that came at once. */
export function letGo(request: IncomingMessage, response: ServerResponse): void {
  if (request.httpVersionMajor === 1) response.setHeader('Connection', 'close');
  request.resume();
  const timer = setTimeout(() => request.destroy(), lingerMs).unref();
  request.once('close', () => clearTimeout(timer));
}
