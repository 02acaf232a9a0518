import type { DatabaseUrl } from './database-url.js';

/** Where PostgreSQL's programs find the server; the password is in the file. */
export function connectionEnvironment(address: DatabaseUrl, passwordFile: string): Record<string, string> {
  const env: Record<string, string> = {
    PGHOST: address.parameters.get('host') ?? address.host,
    PGPORT: String(address.port),
    PGDATABASE: address.database,
    PGPASSFILE: passwordFile,
    PGCONNECT_TIMEOUT: '10',
    PGAPPNAME: 'seaworthy-backup',
    PGCLIENTENCODING: 'UTF8',
  };
  if (address.user !== '') env.PGUSER = address.user;
  for (const name of ['sslmode', 'sslrootcert', 'sslcert', 'sslkey']) {
    const value = address.parameters.get(name);
    if (value !== null) env[`PG${name.toUpperCase()}`] = value;
  }
  return env;
}

/** PostgreSQL's password file: `*` matches anything, and a backslash escapes the two special characters. */
export function passwordLine(password: string): string {
  return password === '' ? '' : `*:*:*:*:${password.replaceAll(/[\\:]/g, '\\$&')}\n`;
}
