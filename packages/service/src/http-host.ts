import { createServer, IncomingMessage, type RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorCode, invalidOption } from '@seaworthy/contracts';
import { isExpressApp, messageClasses } from '@seaworthy/logging/message-classes';
import { boundServer } from './bound-server.js';
import { ServiceError } from './service-error.js';

/** The part of a Fastify application that is needed to serve it. */
export interface FastifyLike {
  readonly server: Server;
  listen(options: { readonly port: number; readonly host: string }): Promise<string>;
  close(): PromiseLike<unknown>;
}

/** What can be served: an Express application or any other request listener, a Fastify application, a server of Node's. */
export type HttpApp = RequestListener | FastifyLike | Server;

export interface ListenOptions {
  /** `0` takes any free port. */
  readonly port: number;
  /** Use `'::'` where the port must be reached from outside of the machine, as in a container. @defaultValue '127.0.0.1' */
  readonly host?: string;
}

export interface HttpHost {
  readonly server: Server;
  /** Resolves with the address once the port is open. @throws ServiceError `SERVICE_PORT_TAKEN` or `SERVICE_LISTEN_FAILED`. */
  listen(options: ListenOptions): Promise<string>;
  /** Ends the framework's own business; the server itself is drained by health before. */
  close(): Promise<void>;
}

/** @throws OptionsError for something that cannot be served. */
export function httpHost(app: HttpApp): HttpHost {
  if (!isServable(app)) {
    throw invalidOption(
      'createService http',
      'build',
      'a function that returns an Express or Fastify application, a request listener or a server of Node',
    );
  }
  const fastify = isFastify(app) ? app : undefined;
  const server = fastify?.server ?? (typeof app === 'function' ? serverOf(app) : (app as Server));
  boundServer(server, fastify !== undefined);
  return {
    server,
    async listen({ port, host = '127.0.0.1' }) {
      // For `localhost` Fastify opens a second server on ::1, which nobody would drain.
      const address = host === 'localhost' ? '127.0.0.1' : host;
      try {
        if (fastify !== undefined) await fastify.listen({ port, host: address });
        else await listening(server, port, address);
      } catch (error) {
        throw listenFailure(error, port, host);
      }
      return urlOf(server.address(), host);
    },
    async close() {
      if (fastify !== undefined) await fastify.close();
      else if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** What Express makes of requests costs it less when they are made so. */
function serverOf(app: RequestListener): Server {
  return isExpressApp(app) ? new ExpressServer(messageClasses(app), app) : createServer(app);
}

/** Upgrades and the like are not Express's: who listens for them finds a request of Node's, on which `query` can be set. */
class ExpressServer extends Server {
  override emit(event: string | symbol, ...given: unknown[]): boolean {
    const [request] = given;
    if (event !== 'request' && request instanceof IncomingMessage) {
      Object.setPrototypeOf(request, IncomingMessage.prototype);
    }
    return Reflect.apply(super.emit, this, [event, ...given]);
  }
}

/** Whoever forgets to return the application learns it here, and not from a property of undefined. */
function isServable(app: unknown): boolean {
  return typeof app === 'function' || (typeof app === 'object' && app !== null && 'listen' in app);
}

function isFastify(app: HttpApp): app is FastifyLike {
  return typeof app === 'object' && 'server' in app && typeof app.listen === 'function';
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function listenFailure(error: unknown, port: number, host: string): ServiceError {
  const code = errorCode(error) ?? 'unknown';
  if (code === 'EADDRINUSE') {
    return new ServiceError(
      `Port ${port} on ${host} is taken. Stop what listens there, or choose another port.`,
      { code: 'SERVICE_PORT_TAKEN', cause: error },
    );
  }
  const advice =
    code === 'EACCES' ? 'Ports below 1024 need a privilege: choose a higher one.' : 'Check host and port.';
  return new ServiceError(`Cannot listen on ${host} port ${port} (${code}). ${advice}`, {
    code: 'SERVICE_LISTEN_FAILED',
    cause: error,
  });
}

function urlOf(address: AddressInfo | string | null, host: string): string {
  if (address === null || typeof address === 'string') return `http://${host}`;
  const everywhere = host === '::' || host === '0.0.0.0';
  const shown = everywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${shown}:${address.port}`;
}
