import { optionsOf } from '@seaworthy/contracts';
import { reservePort } from '../free-port.js';
import type { FaultProxy } from './fault-proxy.js';
import { TcpFaultProxy } from './tcp-fault-proxy.js';

export interface FaultProxyOptions {
  /** Where connections go. A server of the testkit fits as it is. */
  readonly target: { readonly host: string; readonly port: number };
}

const readOptions = optionsOf<FaultProxyOptions>('startFaultProxy', { target: true });
/**
 * Starts a TCP proxy on a spare port of 127.0.0.1.
 *
 * A target that is down shows to the client as a reset, not as a refused connection: use `refuse()` for that.
 *
 * @example
 * await using proxy = await startFaultProxy({ target: postgres });
 * const pool = new pg.Pool({ connectionString: proxy.url(postgres.url) });
 * proxy.blackhole();
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { target } = readOptions(options);
  const reservation = await reservePort();
  const proxy = new TcpFaultProxy(target, reservation);
  await proxy.listen();
  return proxy;
}
