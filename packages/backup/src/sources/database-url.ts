import { invalidOption, type Secret } from '@seaworthy/contracts';
import { decoded, parseServerUrl } from './server-url.js';

export interface DatabaseUrl {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly parameters: URLSearchParams;
  /** `host:port/database`. */
  readonly label: string;
}

/** Reads a database URL, as {@link parseServerUrl} does. */
export function parseDatabaseUrl(
  owner: string,
  input: string | Secret,
  { schemes, port }: { readonly schemes: readonly string[]; readonly port: number },
): DatabaseUrl {
  const expected = `a URL such as ${schemes[0]}://user:password@host:${port}/database`;
  const { url, label, ...server } = parseServerUrl(owner, input, { schemes, port, expected });
  const database = decoded(url.pathname.slice(1));
  if (database === undefined)
    throw invalidOption(owner, 'url', `${expected}, with special characters percent-encoded`);
  if (database === '' || /[\0\r\n/]/.test(database))
    throw invalidOption(owner, 'url', `${expected}, with a database`);
  return { ...server, database, parameters: url.searchParams, label: `${label}/${database}` };
}
