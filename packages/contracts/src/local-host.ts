/**
 * Whether what is sent to `host` stays on this machine: loopback, `localhost` and names below it (RFC 6761), or a socket in the
 * file system. A name that merely resolves to this machine is not known to.
 *
 * @example
 * isLocalHost('127.0.0.1'); // true
 * isLocalHost('db.internal'); // false
 */
export function isLocalHost(host: string): boolean {
  return (
    host === '' ||
    host.startsWith('/') ||
    host === '::1' ||
    host === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(host) ||
    /^(?:.+\.)?localhost$/i.test(host)
  );
}
