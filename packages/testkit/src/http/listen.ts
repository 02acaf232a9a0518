import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpService } from './host.js';

/** Starts listening and turns the server into a service. */
export async function listen(server: Server): Promise<HttpService> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return asService(server, async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  });
}

export function asService(server: Server, close: () => Promise<void>): HttpService {
  const address = server.address();
  const { port } = isTcp(address) ? address : { port: 0 };
  let closing: Promise<void> | undefined;
  const closeOnce = (): Promise<void> => {
    closing ??= close();
    return closing;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    server,
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}

function isTcp(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
