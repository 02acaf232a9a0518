import { type Clock, optionsOf, type RequestView } from '@seaworthy/contracts';

export interface RequestLogOptions {
  /**
   * Requests without a line of their own: paths (`'/livez'`), everything below a path (`'/assets/*'`), or a function. They get
   * an id and a context all the same. @defaultValue []
   */
  readonly ignore?: readonly string[] | ((request: RequestView) => boolean);
  /** A request that took at least this many milliseconds is logged as `warn`. @defaultValue 1000 */
  readonly slowMs?: number;
  /** The header by which a request's id comes in and goes out. @defaultValue 'x-request-id' */
  readonly requestIdHeader?: string;
  /** The client's address, for services behind a proxy. @defaultValue what the framework says; the socket's other end in node:http */
  readonly clientIp?: (request: RequestView) => string | undefined;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

export const readRequestLogOptions = optionsOf<RequestLogOptions>('requestLog', {
  ignore: true,
  slowMs: true,
  requestIdHeader: true,
  clientIp: true,
  clock: true,
});
