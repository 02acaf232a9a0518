import { connect, isIP, type Socket } from 'node:net';
import { invalidOption } from '@seaworthy/contracts';
import type { DriverTarget } from '../driver.js';

/** What mysql2 takes. */
interface MysqlSsl {
  readonly ssl: unknown;
  /** Opens the socket instead of mysql2. */
  readonly stream: ((config: unknown) => Socket) | undefined;
}

/**
 * The `ssl` option of mysql2 with the host name checked, which mysql2 leaves out unless it is told.
 *
 * @throws OptionsError when `tls` and the URL or `connection` both speak of TLS.
 */
export function mysqlSsl(
  host: string,
  { url, connection, tls }: Pick<DriverTarget<object>, 'url' | 'connection' | 'tls'>,
): MysqlSsl {
  const given = sslOf(url, connection);
  if (tls !== undefined && given !== undefined) {
    throw invalidOption(
      'createDb',
      'tls',
      'left out where the URL or "connection" speak of ssl, or these without it',
    );
  }
  const asked = tls ?? given;
  if (asked === undefined || asked === false) return { ssl: undefined, stream: undefined };
  if (asked !== true && typeof asked !== 'object') return { ssl: asked, stream: undefined };
  const ssl = { verifyIdentity: true, ...(asked === true ? {} : asked) };
  return { ssl, stream: isIP(host) === 0 ? undefined : streamTo(host) };
}

function sslOf(url: string | undefined, connection: object | undefined): unknown {
  const own: unknown = connection === undefined ? undefined : Reflect.get(connection, 'ssl');
  const text = url === undefined ? null : new URL(url).searchParams.get('ssl');
  if (own !== undefined || text === null) return own;
  try {
    return JSON.parse(text);
  } catch {
    return text; // the name of one of mysql2's profiles
  }
}

/**
 * For a server that is named by its address mysql2 gives Node no name to compare the certificate with, and Node takes
 * `localhost` then, so that one for `localhost` would pass and the right one would not.
 */
function streamTo(host: string): (config: unknown) => Socket {
  return (config) => {
    const port: unknown =
      typeof config === 'object' && config !== null
        ? Reflect.get(Object(Reflect.get(config, 'config')), 'port')
        : undefined;
    const socket = connect({
      host,
      port: typeof port === 'number' ? port : 3306,
      keepAlive: true,
      noDelay: true,
    });
    return Object.assign(socket, { _host: host }); // what tls.connect reads from a socket that looked a name up
  };
}
