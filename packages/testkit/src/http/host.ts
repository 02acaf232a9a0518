import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Express } from 'express';
import type { FastifyInstance } from 'fastify';
import type { Route } from './route.js';

export type NodeMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** The node:http host: as little as a service without a framework has. */
export interface NodeApp {
  /** Runs around the routes, the first one outermost. An error given to `next`, a throw or a rejection leads to `onError`. */
  use(middleware: NodeMiddleware): void;
  /** Answers a failed request instead of the host's plain 500. */
  onError(handler: (error: unknown, request: IncomingMessage, response: ServerResponse) => void): void;
}

/**
 * How a package is put into each host. Each part runs before the routes are added, in the way its users would write it.
 */
export interface Mount {
  readonly node?: (app: NodeApp) => void | Promise<void>;
  /** Express 4 and Express 5. */
  readonly express?: (app: Express) => void | Promise<void>;
  /** Express again, after the routes: where error handlers belong. */
  readonly expressErrors?: (app: Express) => void | Promise<void>;
  /** Express once more: its server, where that is no plain one. */
  readonly expressServer?: (app: Express) => Server;
  readonly fastify?: (app: FastifyInstance) => void | Promise<void>;
  /** Whatever wants the server itself, before it listens. */
  readonly server?: (server: Server) => void | Promise<void>;
  /** Routes beside those of the contract. */
  readonly routes?: readonly Route[];
}

export type HttpHostName = 'node:http' | 'express4' | 'express5' | 'fastify5';

/** A running host. */
export interface HttpService extends AsyncDisposable {
  /** `http://127.0.0.1:40123`, without a slash at the end. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly server: Server;
  /** Ends it at once, open connections too. */
  close(): Promise<void>;
}

/** One of the four ways in which users run us. */
export interface HttpHost {
  readonly name: HttpHostName;
  /**
   * Serves the routes of the contract behind what `mount` puts there, on a free port of 127.0.0.1.
   *
   * @throws Error when `mount` is for other hosts only: such a test would prove nothing.
   */
  serve(mount?: Mount): Promise<HttpService>;
}
