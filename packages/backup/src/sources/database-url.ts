import { invalidOption, type Secret } from '@seaworthy/contracts';

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

/** Reads a database URL; what the message says repeats no part of it, because any part may be a misplaced password. */
export function parseDatabaseUrl(
  owner: string,
  input: string | Secret,
  { schemes, port }: { readonly schemes: readonly string[]; readonly port: number },
): DatabaseUrl {
  const expected = `a URL such as ${schemes[0]}://user:password@host:${port}/database`;
  const url = attempt(() => new URL(typeof input === 'string' ? input : input.reveal()));
  const database = attempt(() => decodeURIComponent(url?.pathname.slice(1) ?? ''));
  const user = attempt(() => decodeURIComponent(url?.username ?? ''));
  const password = attempt(() => decodeURIComponent(url?.password ?? ''));
  if (url === undefined || !schemes.includes(url.protocol.slice(0, -1))) {
    throw invalidOption(owner, 'url', expected);
  }
  if (database === undefined || user === undefined || password === undefined) {
    throw invalidOption(owner, 'url', `${expected}, with special characters percent-encoded`);
  }
  if (database === '' || /[\0\r\n/]/.test(database))
    throw invalidOption(owner, 'url', `${expected}, with a database`);
  if (/[\0\r\n]/.test(user + password))
    throw invalidOption(owner, 'url', `${expected}, without line breaks in it`);
  const host = url.hostname.replace(/^\[|\]$/g, '') || 'localhost';
  const chosenPort = url.port === '' ? port : Number(url.port);
  return {
    host,
    port: chosenPort,
    user,
    password,
    database,
    parameters: url.searchParams,
    label: `${url.hostname || 'localhost'}:${chosenPort}/${database}`,
  };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // the thrown error quotes the URL
  }
}
