import { Secret, urlOf } from '@seaworthy/contracts';
import { RedisError } from './redis-error.js';

/** Where a Redis is and who we are to it. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly database: number;
  readonly tls: boolean;
  /** The IP version to look the host up in; 0 takes what the resolver prefers. */
  readonly family: 0 | 4 | 6 | undefined;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  /** `host:port`, for messages. */
  readonly label: string;
}

/**
 * Reads `redis[s]://[user][:password]@host[:port][/database][?family=0|4|6]`.
 *
 * Drivers take options out of the query string, so a URL could switch our bounds off; here every parameter except `family`
 * (which hosting providers ask for on IPv6 networks) is refused.
 *
 * @throws RedisError with code `REDIS_INVALID_URL`; the message repeats no part that may hold a credential.
 *
 * @example
 * parseRedisUrl('redis://cache.internal:6380/2').label; // 'cache.internal:6380'
 */
export function parseRedisUrl(input: string | Secret): RedisAddress {
  const url = urlOf(typeof input === 'string' ? input : input.reveal());
  if (url === undefined) throw invalid('it is no URL; percent-encode special characters of the password');
  const tls = url.protocol === 'rediss:';
  if (!tls && url.protocol !== 'redis:') throw invalid('it must begin with redis:// or rediss://');
  if (url.hostname === '') throw invalid('it names no host');
  const database = url.pathname.replace(/^\//, '');
  if (!/^\d{0,5}$/.test(database)) throw invalid('the path must be a database number');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? 6379 : Number(url.port);
  const password = decode(url.password);
  return {
    host,
    port,
    database: Number(database),
    tls,
    family: familyOf(url.searchParams),
    username: decode(url.username) || undefined,
    password: password === '' ? undefined : new Secret('redis password', password),
    label: `${url.hostname}:${port}`,
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('user or password hold a "%" that is not percent-encoded as %25');
  }
}

function familyOf(parameters: URLSearchParams): RedisAddress['family'] {
  for (const name of parameters.keys()) {
    if (name !== 'family')
      throw invalid('the only query parameter is "family"; use options for everything else');
  }
  switch (parameters.get('family')) {
    case null:
      return undefined;
    case '0':
      return 0;
    case '4':
      return 4;
    case '6':
      return 6;
    default:
      throw invalid('"family" is 0, 4 or 6');
  }
}

function invalid(reason: string): RedisError {
  return new RedisError(`The Redis URL cannot be used: ${reason}. Write redis://user:password@host:6379/0.`, {
    code: 'REDIS_INVALID_URL',
  });
}
