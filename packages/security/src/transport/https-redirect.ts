import { invalidOption, optionsOf, type RequestView } from '@seaworthy/contracts';
import type { Client } from '../decision.js';
import { exactPaths, readPaths } from '../request-path.js';

export interface HttpsRedirectOptions {
  /** The name to send clients to. @defaultValue the one that they asked for, without its port */
  readonly host?: string;
  /** 308 keeps method and body of what was sent in the clear. @defaultValue 301 */
  readonly status?: 301 | 308;
  /** What is answered over plain HTTP: these paths and what lies under them, for probes. @defaultValue ['/livez', '/readyz', '/startupz', '/health'] */
  readonly except?: readonly string[];
}

export interface Redirect {
  readonly status: 301 | 308;
  readonly location: string;
}

const owner = 'createSecurity httpsRedirect';

const readOptions = optionsOf<HttpsRedirectOptions>(owner, { host: true, status: true, except: true });

/** A name or an address with or without a port, and nothing that could end the authority of a URL. */
const hostAndPort = /^([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])\.?(?::\d{1,5})?$/i;

/**
 * Plans where requests over plain HTTP are sent to. What a client is connected by is told by {@link Client.secure}, so
 * `X-Forwarded-Proto` counts from a trusted proxy alone.
 */
export function planHttpsRedirect(
  options: HttpsRedirectOptions,
): (view: RequestView, client: Client) => Redirect | 'no host' | undefined {
  const { host, status = 301, except = ['/livez', '/readyz', '/startupz', '/health'] } = readOptions(options);
  if (host !== undefined && !hostAndPort.test(host))
    throw invalidOption(owner, 'host', 'a host name, with a port where it is not 443');
  if (status !== 301 && status !== 308) throw invalidOption(owner, 'status', '301 or 308');
  const exempt = exactPaths(readPaths(owner, 'except', except));
  return (view, client) => {
    if (client.secure || exempt(view.url)) return undefined;
    const name = host ?? hostAndPort.exec(view.host)?.[1];
    return name === undefined ? 'no host' : { status, location: `https://${name}${targetOf(view.url)}` };
  };
}

/** Clients may send a whole URL as the target (RFC 9112, 3.2.2). */
function targetOf(url: string): string {
  const target = url.startsWith('/') ? url : url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return target.startsWith('/') ? target : `/${target}`;
}
