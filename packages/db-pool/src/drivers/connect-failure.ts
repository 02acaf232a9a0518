import { isCertificateError } from '@seaworthy/contracts';

/** Why no connection was made, without the driver's own words: those of servers name users. */
export function connectFailure(error: unknown): string {
  const field = (name: string): string => {
    const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
    return typeof value === 'string' ? value : '';
  };
  const code = field('code');
  const message = field('message');
  // mysql2 replaces the code and keeps the message, which is Node's and names certificates only.
  if (code === 'HANDSHAKE_SSL_ERROR') return `the server's certificate was refused (${message})`;
  if (isCertificateError(code)) return `the server's certificate was refused (${code})`;
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT' || message === 'The server does not support SSL connections') {
    return 'the server offers no TLS';
  }
  return code === '' ? 'the connection was closed while it was made' : code;
}
