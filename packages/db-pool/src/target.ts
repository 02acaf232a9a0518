import { invalidOption, parseDuration, Secret, urlOf } from '@seaworthy/contracts';

/** What a database URL says about the pool, and the URL without it. */
export interface UrlParts {
  readonly url: string;
  readonly max: number | undefined;
  readonly acquireMs: number | undefined;
}

/** How long Prisma, whose parameters these are, waits without a limit when `pool_timeout` is 0. */
const withoutLimitMs = parseDuration('1d');

/**
 * Takes `connection_limit` and `pool_timeout` (seconds) out of a database URL, as Prisma's URLs have them.
 *
 * @throws OptionsError that does not repeat the URL, which holds a password.
 */
export function readUrl(owner: string, input: string | Secret): UrlParts {
  const text = Secret.is(input) ? input.reveal() : input;
  const url = urlOf(text);
  if (url === undefined) {
    throw invalidOption(owner, 'url', 'a URL such as postgres://user:password@host:5432/database');
  }
  const max = takeNumber(owner, url, 'connection_limit');
  const seconds = takeNumber(owner, url, 'pool_timeout');
  if (max === 0) throw invalidOption(owner, 'url', 'a URL whose connection_limit is at least 1');
  const queryAt = text.indexOf('?');
  return {
    // Not `url.href`: serialising changes what stands before the query in some URLs, such as file:relative/folder.
    url: queryAt < 0 ? text : text.slice(0, queryAt) + url.search,
    max,
    acquireMs: seconds === undefined ? undefined : seconds === 0 ? withoutLimitMs : seconds * 1_000,
  };
}

function takeNumber(owner: string, url: URL, name: string): number | undefined {
  const text = url.searchParams.get(name);
  if (text === null) return undefined;
  url.searchParams.delete(name);
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw invalidOption(owner, 'url', `a URL whose ${name} is a whole number`);
}
