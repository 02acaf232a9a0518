import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { constants, createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import {
  type Clock,
  type Closable,
  type DurationInput,
  type Logger,
  type Metrics,
  optionsOf,
  parseDuration,
  silentLogger,
  silentMetrics,
  systemClock,
  type Timer,
  wholeNumber,
} from '@seaworthy/contracts';
import { SecurityError } from '../security-error.js';
import { type ServerLimitsOptions, serverLimits } from './server-limits.js';
import { tlsProfile } from './tls-profile.js';

export interface TlsOptions {
  /** The certificate with those that lead to its authority, PEM: `fullchain.pem`. */
  readonly certFile: string;
  /** Its private key, PEM. */
  readonly keyFile: string;
  /** How often the files are looked at for a renewal; 0 leaves it to {@link Tls.reload}. @defaultValue '1m' */
  readonly every?: DurationInput;
  /** @defaultValue silentLogger */
  readonly logger?: Logger;
  /** @defaultValue silentMetrics */
  readonly metrics?: Metrics;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

export interface TlsServerOptions extends ServerLimitsOptions {
  /**
   * HTTP/2 with HTTP/1.1 beside it. `false` for Express, whose requests and responses are made for HTTP/1.1 alone.
   * @defaultValue true
   */
  readonly http2?: boolean;
}

/** Of HTTP/1.1 or of HTTP/2, which Node makes alike. */
export type TlsHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface Tls extends Closable {
  /** A server with this certificate and the ones that follow it. TLS 1.2 and 1.3. */
  createServer(handler: TlsHandler, options?: TlsServerOptions): Server;
  /**
   * Reads the files again. New connections get the new certificate; open ones stay. Files that do not fit each other change
   * nothing.
   *
   * @returns whether there was something new.
   * @throws SecurityError `SECURITY_CERTIFICATE_UNUSABLE`.
   */
  reload(): Promise<boolean>;
  /** The end of the certificate in use. */
  readonly expiresAt: Date;
}

interface Loaded {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly digest: string;
  readonly expiresAt: Date;
}

const readOptions = optionsOf<TlsOptions>('createTls', {
  certFile: true,
  keyFile: true,
  every: true,
  logger: true,
  metrics: true,
  clock: true,
});

const readServerOptions = optionsOf<TlsServerOptions>('createServer of createTls', {
  http2: true,
  headersTimeout: true,
  requestTimeout: true,
  keepAliveTimeout: true,
});

/**
 * A certificate for servers of this process that is exchanged while they run.
 *
 * @throws SecurityError `SECURITY_CERTIFICATE_UNUSABLE` for files that cannot be read or do not belong together.
 *
 * @example
 * const tls = await createTls({ certFile: '/etc/tls/fullchain.pem', keyFile: '/etc/tls/privkey.pem', logger });
 * tls.createServer(app, { http2: false }).listen(443); // Express
 * const other = fastify({ serverFactory: (handler) => tls.createServer(handler) });
 */
export async function createTls(options: TlsOptions): Promise<Tls> {
  const {
    certFile,
    keyFile,
    every = '1m',
    logger = silentLogger,
    metrics = silentMetrics,
    clock = systemClock,
  } = readOptions(options);
  const everyMs = wholeNumber('createTls', 'every', parseDuration(every), { min: 0, max: 86_400_000 });
  const expires = metrics.gauge({
    name: 'seaworthy.security.certificate.expires',
    description: 'When the certificate in use ends, in seconds since 1970.',
    unit: 's',
  });
  const servers = new Set<Http2SecureServer | ReturnType<typeof createHttpsServer>>();
  let current = await load(certFile, keyFile);
  let timer: Timer | undefined;
  let complained = false;
  let closed = false;
  expires.set(current.expiresAt.getTime() / 1_000);

  async function reload(): Promise<boolean> {
    const next = await load(certFile, keyFile);
    if (next.digest === current.digest) return false;
    current = next;
    for (const server of servers) server.setSecureContext({ ...tlsProfile, cert: next.cert, key: next.key });
    expires.set(next.expiresAt.getTime() / 1_000);
    logger.info('Certificate exchanged', { expiresAt: next.expiresAt.toISOString() });
    return true;
  }

  function look(): void {
    timer = clock.schedule(() => {
      reload()
        .then(
          () => {
            complained = false;
          },
          (error: unknown) => {
            // Once, not every minute until somebody mends the files.
            if (!complained) logger.warn('Certificate not exchanged; the one before stays', { error });
            complained = true;
          },
        )
        .finally(() => {
          if (!closed) look();
        });
    }, everyMs);
  }
  if (everyMs > 0) look();

  const close = async (): Promise<void> => {
    closed = true;
    timer?.cancel();
  };

  return {
    createServer(handler, serverOptions = {}) {
      const { http2 = true, ...times } = readServerOptions(serverOptions);
      const limits = serverLimits(times);
      const material = { ...tlsProfile, ...limits, cert: current.cert, key: current.key };
      const server = http2 ? http2Server(handler, material) : createHttpsServer(material, handler);
      servers.add(server);
      server.once('close', () => servers.delete(server));
      return server as Server;
    },
    reload,
    get expiresAt() {
      return current.expiresAt;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

type Material = typeof tlsProfile & ReturnType<typeof serverLimits> & Pick<Loaded, 'cert' | 'key'>;

function http2Server(handler: TlsHandler, material: Material): Http2SecureServer {
  const { keepAliveTimeout, headersTimeout, requestTimeout, connectionsCheckingInterval } = material;
  const server = createSecureServer({ ...material, allowHTTP1: true });
  server.on('request', handler as (...args: unknown[]) => void);
  // For HTTP/1.1; http2 sets its own, and would look for slow clients every 30 s whatever it is told.
  Object.assign(server, { keepAliveTimeout, headersTimeout, requestTimeout, connectionsCheckingInterval });
  server.on('stream', (stream) => boundRequest(stream, requestTimeout));
  server.on('session', (session) => session.setTimeout(keepAliveTimeout, () => session.close()));
  return server;
}

/** What `requestTimeout` is to HTTP/1.1: Node's http2 waits for the end of a request for as long as its client likes. */
function boundRequest(stream: ServerHttp2Stream, requestTimeout: number): void {
  if (stream.endAfterHeaders) return;
  const timer = setTimeout(() => {
    const isWhole = stream.state.state === constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE;
    if (!isWhole && !stream.closed) stream.close(constants.NGHTTP2_CANCEL);
  }, requestTimeout).unref();
  stream.once('close', () => clearTimeout(timer));
}

async function load(certFile: string, keyFile: string): Promise<Loaded> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    createSecureContext({ ...tlsProfile, cert, key });
    return {
      cert,
      key,
      digest: createHash('sha256').update(cert).update(key).digest('base64'),
      expiresAt: new Date(new X509Certificate(cert).validTo),
    };
  } catch (cause) {
    throw new SecurityError(
      'The certificate cannot be used. certFile and keyFile must be PEM files that can be read and belong together.',
      { code: 'SECURITY_CERTIFICATE_UNUSABLE', cause },
    );
  }
}
