import type { IncomingMessage, ServerResponse } from 'node:http';
import { type BytesInput, optionsOf, parseBytes, wholeNumber } from '@seaworthy/contracts';
import compress from 'compression';
import { holdHead } from './late-head.js';
import { weakenTag } from './weak-tag.js';

export interface CompressionOptions {
  /** Shorter answers are sent as they are, where their length is known. @defaultValue 1024 */
  readonly minBytes?: BytesInput;
}

export type CompressionMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** The part of a Fastify instance that is needed. */
export interface FastifyCompressionLike {
  addHook(
    name: 'onRequest',
    hook: (
      request: { readonly raw: IncomingMessage },
      reply: { readonly raw: ServerResponse },
      done: (error?: Error) => void,
    ) => void,
  ): unknown;
}

const readOptions = optionsOf<CompressionOptions>('compressed', { minBytes: true });

/**
 * Compresses text, JSON and the like by brotli or gzip, whichever the client takes, on node:http, Express 4 and Express 5.
 * Left as they are: short answers, event streams, parts of a whole, `Cache-Control: no-transform`, what is compressed or has a
 * digest already, and, against BREACH, answers to requests that another site made with the user's cookies.
 *
 * The ETag of a compressed answer is weak and it takes no ranges, because its bytes are others. Where writes ask for a version by
 * `If-Match`, which no weak one fits, answer with `no-transform` or give the version in the body.
 *
 * @example
 * app.use(secure(security), compressed());
 */
export function compressed(options: CompressionOptions = {}): CompressionMiddleware {
  const { minBytes = 1_024 } = readOptions(options);
  const threshold = wholeNumber('compressed', 'minBytes', parseBytes(minBytes), { max: 1_073_741_824 });
  const notEncoded = new WeakSet<ServerResponse>();
  const install = library({
    threshold,
    filter: (request, response) => {
      if (!response.hasHeader('content-encoding')) notEncoded.add(response);
      return (
        !isEventStream(response) &&
        !isPart(response) &&
        !hasDigest(response) &&
        !mayBeProbed(request) &&
        library.filter(request, response)
      );
    },
  });
  return (request, response, next) => {
    weakenTag(request, response, () => notEncoded.has(response) && response.hasHeader('content-encoding'));
    install(request, response, (error) => {
      holdHead(response);
      next(error);
    });
  };
}

type Filter = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Its types are those of Express, of which it uses what Node has. */
interface Library {
  (options: { readonly threshold: number; readonly filter: Filter }): CompressionMiddleware;
  readonly filter: Filter;
}

const library = compress as unknown as Library;

/** A compressor waits for more to come, and events would wait with it. */
function isEventStream(response: ServerResponse): boolean {
  return String(response.getHeader('content-type') ?? '').startsWith('text/event-stream');
}

/** The bytes that `Content-Range` counts are those of the whole as it is; a client would put compressed ones among them. */
function isPart(response: ServerResponse): boolean {
  return response.statusCode === 206 || response.hasHeader('content-range');
}

/** What a client checks the bytes by that it gets (RFC 9530, and the two before it). */
function hasDigest(response: ServerResponse): boolean {
  return digests.some((name) => response.hasHeader(name));
}

const digests = ['content-digest', 'repr-digest', 'digest', 'content-md5'] as const;

/**
 * BREACH (Gluck, Harris and Prado, 2013) guesses a secret of a page by the length of answers that hold the guess as well; to
 * have many of them, a foreign page makes the browser ask with the user's cookies.
 */
function mayBeProbed({ headers }: IncomingMessage): boolean {
  return headers['sec-fetch-site'] === 'cross-site' && headers.cookie !== undefined;
}

/**
 * The same for a Fastify 5 application.
 *
 * @example
 * await app.register(compressedPlugin());
 */
export function compressedPlugin(
  options: CompressionOptions = {},
): (app: FastifyCompressionLike, options: unknown, done: () => void) => void {
  const handle = compressed(options);
  const plugin = (app: FastifyCompressionLike, _options: unknown, ready: () => void): void => {
    app.addHook('onRequest', (request, reply, done) => handle(request.raw, reply.raw, () => done()));
    ready();
  };
  // Without it Fastify would keep the hook inside this plugin (what fastify-plugin does).
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}
