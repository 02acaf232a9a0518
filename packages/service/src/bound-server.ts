import { createServer, type Server } from 'node:http';
import { type ServerLimits, serverLimits } from '@seaworthy/security/transport';

/**
 * Gives a server the times of `serverLimits()` where it has those that Node gives to every server; what the application set
 * stays. Before it listens.
 *
 * @param isFastify - Fastify gives every server a `requestTimeout` of 0, which bounds nothing.
 */
export function boundServer(server: Server, isFastify: boolean): void {
  const limits = serverLimits();
  const found: Partial<ServerLimits> = server;
  const fresh: Partial<ServerLimits> = createServer();
  const own = (name: keyof ServerLimits): number | undefined =>
    found[name] === fresh[name] || (isFastify && name === 'requestTimeout' && found[name] === 0)
      ? undefined
      : found[name];
  const requestTimeout = own('requestTimeout') ?? Math.max(limits.requestTimeout, own('headersTimeout') ?? 0);
  const times: ServerLimits = {
    requestTimeout,
    // Node exchanges the two where headers may take longer than a request, and then neither is what somebody said.
    headersTimeout:
      own('headersTimeout') ?? Math.min(limits.headersTimeout, requestTimeout || Number.POSITIVE_INFINITY),
    keepAliveTimeout: own('keepAliveTimeout') ?? limits.keepAliveTimeout,
    connectionsCheckingInterval: own('connectionsCheckingInterval') ?? limits.connectionsCheckingInterval,
  };
  Object.assign(server, times);
}
