import { invalidOption, Secret, urlOf } from '@seaworthy/contracts';

/** The parts that the URLs of all servers have. */
export interface ServerUrl {
  readonly url: URL;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** `host:port`. */
  readonly label: string;
}

export interface ServerUrlRules {
  readonly schemes: readonly string[];
  readonly port: number;
  /** For messages: `a URL such as …`. */
  readonly expected: string;
}

/**
 * Reads the URL of a server; what the message says repeats no part of it, because any part may be a misplaced password.
 *
 * @throws OptionsError
 */
export function parseServerUrl(
  owner: string,
  input: string | Secret,
  { schemes, port: usualPort, expected }: ServerUrlRules,
): ServerUrl {
  const text: unknown = Secret.is(input) ? input.reveal() : input;
  const url = typeof text === 'string' ? urlOf(text) : undefined; // a caller without types may give what is not set
  if (url === undefined || !schemes.includes(url.protocol.slice(0, -1)))
    throw invalidOption(owner, 'url', expected);
  const user = decoded(url.username);
  const password = decoded(url.password);
  if (user === undefined || password === undefined)
    throw invalidOption(owner, 'url', `${expected}, with special characters percent-encoded`);
  if (/[\0\r\n]/.test(user + password))
    throw invalidOption(owner, 'url', `${expected}, without line breaks in it`);
  const port = url.port === '' ? usualPort : Number(url.port);
  return {
    url,
    host: url.hostname.replace(/^\[|\]$/g, '') || 'localhost',
    port,
    user,
    password,
    label: `${url.hostname || 'localhost'}:${port}`,
  };
}

/** A part of a URL as it was meant, or `undefined` where it is encoded wrongly. */
export function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined; // the thrown error is no help
  }
}
