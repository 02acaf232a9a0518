import type { IncomingMessage, ServerResponse } from 'node:http';

/** The part of an Express 4 or 5 application that is read. */
export interface ExpressAppLike {
  (request: IncomingMessage, response: ServerResponse): void;
  /** What Express makes each request's prototype. */
  readonly request: object;
}

/** Express's `req.ip`, by the application's `trust proxy`, of a request that Express has not had yet. */
export function expressIp(
  { request }: ExpressAppLike,
  { headers, socket }: IncomingMessage,
): string | undefined {
  const asked: object = Object.create(request, {
    headers: { value: headers },
    socket: { value: socket },
    connection: { value: socket }, // what Express 4 may ask
  });
  const ip: unknown = Reflect.get(asked, 'ip');
  return typeof ip === 'string' ? ip : undefined;
}
