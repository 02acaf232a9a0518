import type { IncomingMessage, ServerResponse } from 'node:http';
import { type InputOf, type InputSchemas, inputCheck } from './check-input.js';
import { checkedOf, letGo } from './input-middleware.js';
import type { InputRefusal } from './input-refusal.js';
import { type JsonBodiesOptions, jsonBodyReader } from './json-body.js';

/** The part of a Fastify request that is needed. */
export interface FastifyInputRequest {
  readonly raw: IncomingMessage;
  readonly body: unknown;
  readonly query: unknown;
  readonly params: unknown;
}

/** The part of a Fastify reply that is needed. */
export interface FastifyInputReply {
  readonly raw: ServerResponse;
  code(status: number): unknown;
  header(name: string, value: string): unknown;
  send(body: string): unknown;
}

export type FastifyInputHook = (request: FastifyInputRequest, reply: FastifyInputReply) => Promise<unknown>;

/** The part of a Fastify instance that {@link jsonBodies} needs. */
export interface FastifyBodiesLike {
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(
    type: string,
    parse: (
      request: { readonly raw: IncomingMessage },
      payload: IncomingMessage,
      done: (error: Error | null, body?: unknown) => void,
    ) => void,
  ): unknown;
  addHook(name: 'preValidation', hook: FastifyInputHook): unknown;
}

/** A check of one route, which afterwards knows what the route was given. */
export interface FastifyValidated<Schemas extends InputSchemas> extends FastifyInputHook {
  /**
   * What the schemas made of this request.
   *
   * @throws TypeError for a request that did not pass this check.
   */
  of(request: { readonly raw: IncomingMessage }): InputOf<Schemas>;
}

/**
 * Reads JSON bodies in place of Fastify's own parsers, with the refusals that the other hosts give. Register it before the
 * routes; a parser for another type may be added after it.
 *
 * @example
 * await app.register(jsonBodies({ maxBytes: '1mb' }));
 */
export function jsonBodies(
  options: JsonBodiesOptions = {},
): (app: FastifyBodiesLike, options: unknown, done: () => void) => void {
  const read = jsonBodyReader(options);
  const refused = new WeakMap<IncomingMessage, InputRefusal>();
  const plugin = (app: FastifyBodiesLike, _options: unknown, ready: () => void): void => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', ({ raw }, _payload, done) => {
      read(raw).then(
        (body) => {
          if (!body.ok) refused.set(raw, body.refusal);
          done(null, body.ok ? body.value : undefined);
        },
        (error: unknown) =>
          done(error instanceof Error ? error : new Error('The body was not read.', { cause: error })),
      );
    });
    app.addHook('preValidation', async ({ raw }, reply) => {
      const refusal = refused.get(raw);
      return refusal === undefined ? undefined : answerRefusal(raw, reply, refusal);
    });
    ready();
  };
  // Without it Fastify would keep the parser inside this plugin (what fastify-plugin does).
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}

/**
 * Lets a request through whose parts are as their schemas want them, and answers 400 with the fields that are not.
 *
 * @throws OptionsError for what is no Standard Schema.
 *
 * @example
 * const order = validated({ params: z.object({ id: z.uuid() }), body: z.object({ amount: z.int() }) });
 * app.put('/orders/:id', { preValidation: order }, async (request) => {
 *   const { params, body } = order.of(request);
 *   return { [params.id]: body.amount };
 * });
 */
export function validated<const Schemas extends InputSchemas>(schemas: Schemas): FastifyValidated<Schemas> {
  const check = inputCheck(schemas);
  const known = new WeakMap<IncomingMessage, InputOf<Schemas>>();
  const hook: FastifyInputHook = async ({ raw, body, query, params }, reply) => {
    const result = await check({ body: body ?? undefined, query, params, headers: raw.headers });
    if (!result.ok) return answerRefusal(raw, reply, result.refusal);
    known.set(raw, result.value);
    return undefined;
  };
  return Object.assign(hook, {
    of: ({ raw }: { readonly raw: IncomingMessage }) => checkedOf(known, raw),
  });
}

/** Through the reply, so that onSend and onResponse hooks see it. */
function answerRefusal(
  raw: IncomingMessage,
  reply: FastifyInputReply,
  refusal: InputRefusal,
): FastifyInputReply {
  reply.code(refusal.status);
  reply.header('content-type', refusal.contentType);
  reply.header('cache-control', 'no-store');
  if (!raw.complete) letGo(raw, reply.raw);
  reply.send(refusal.body);
  return reply;
}
