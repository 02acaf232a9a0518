import { invalidOption, optionsOf, type RequestView } from '@seaworthy/contracts';
import type { Client } from '../decision.js';
import { exactPaths, readPaths } from '../request-path.js';

export interface HttpsRedirectOptions {
  /** The name to send clients to. @defaultValue the one that they asked for, without its port */
  readonly host?: string;
  /**
   * In place of `host`, where the service has several names: those that clients may be sent to, without ports. A request for
   * another gets 400. @defaultValue any name: a Host that somebody made up gets a redirect to it, which a cache could keep
   */
  readonly hosts?: readonly string[];
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

const readOptions = optionsOf<HttpsRedirectOptions>(owner, {
  host: true,
  hosts: true,
  status: true,
  except: true,
});

/** A name or an address with or without a port, and nothing that could end the authority of a URL. */
const hostAndPort = /^([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])\.?(?::\d{1,5})?$/i;

/**
 * Plans where requests over plain HTTP are sent to. What a client is connected by is told by {@link Client.secure}, so
 * `X-Forwarded-Proto` counts from a trusted proxy alone.
 */
export function planHttpsRedirect(
  options: HttpsRedirectOptions,
): (view: RequestView, client: Client) => Redirect | 'no host' | undefined {
  const {
    host,
    hosts,
    status = 301,
    except = ['/livez', '/readyz', '/startupz', '/health'],
  } = readOptions(options);
  if (host !== undefined && !hostAndPort.test(host))
    throw invalidOption(owner, 'host', 'a host name, with a port where it is not 443');
  const names = hosts && readHosts(hosts, host);
  if (status !== 301 && status !== 308) throw invalidOption(owner, 'status', '301 or 308');
  const exempt = exactPaths(readPaths(owner, 'except', except));
  return (view, client) => {
    if (client.secure || exempt(view.url)) return undefined;
    const name = host ?? hostAndPort.exec(view.host)?.[1]?.toLowerCase();
    return name === undefined || names?.has(name) === false
      ? 'no host'
      : { status, location: `https://${name}${targetOf(view.url)}` };
  };
}

function readHosts(hosts: readonly string[], host: string | undefined): ReadonlySet<string> {
  const isName = (name: unknown): boolean => typeof name === 'string' && hostAndPort.exec(name)?.[1] === name;
  if (host === undefined && Array.isArray(hosts) && hosts.length > 0 && hosts.every(isName)) {
    return new Set(hosts.map((name) => name.toLowerCase()));
  }
  throw invalidOption(owner, 'hosts', 'a list of host names without ports, and given in place of host');
}

/** Clients may send a whole URL as the target (RFC 9112, 3.2.2). */
function targetOf(url: string): string {
  const target = url.startsWith('/') ? url : url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return target.startsWith('/') ? target : `/${target}`;
}
