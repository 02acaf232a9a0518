import type { Environment } from './environment.js';
import { isLocalHost } from './local-host.js';
import { invalidOption } from './options.js';

/**
 * What is known of the way to a server before anything connects: `verified` is encrypted, with the certificate's authority
 * and host name checked; `local` does not leave the machine.
 */
export type Protection = 'local' | 'plaintext' | 'unverified' | 'verified';

/** The option of the caller that helps: `option "<option>" must be <expected> …. Pass <fix>`. */
export interface ProtectionFix {
  readonly option: string;
  readonly expected: string;
  readonly fix: string;
}

/** Node then checks no certificate, except where `rejectUnauthorized: true` insists (https://nodejs.org/api/cli.html). */
function isCheckOff(): boolean {
  return process.env.NODE_TLS_REJECT_UNAUTHORIZED === '0';
}

/**
 * What TLS options, as Node's `tls.connect`, pg, mysql2 and ioredis take them, protect from on the way to `host`.
 *
 * @example
 * protectionOf('db.internal', { ca }); // 'verified'
 * protectionOf('db.internal', undefined); // 'plaintext'
 */
export function protectionOf(host: string, tls: unknown): Protection {
  if (isLocalHost(host)) return 'local';
  if (tls === true) return isCheckOff() ? 'unverified' : 'verified';
  if (typeof tls !== 'object' || tls === null) return 'plaintext';
  const rejects: unknown = Reflect.get(tls, 'rejectUnauthorized');
  const checks =
    rejects !== false &&
    (rejects === true || !isCheckOff()) &&
    Reflect.get(tls, 'verifyIdentity') !== false &&
    Reflect.get(tls, 'checkServerIdentity') === undefined;
  return checks ? 'verified' : 'unverified';
}

/**
 * Refuses a way to a server on which passwords and data could be read or changed, where that matters.
 *
 * @param server - `address` is printed, so it holds neither user nor password.
 * @throws OptionsError in `staging` and `production`, for a server on another machine without verified TLS.
 *
 * @example
 * requireProtection('connectQueue', { address: 'mq.internal:5671', protection: protectionOf('mq.internal', tls) }, environment, {
 *   plaintext: { option: 'tls', expected: 'given', fix: 'tls: { ca }' },
 *   unverified: { option: 'tls', expected: 'one that checks', fix: 'tls: { ca }' },
 * });
 */
export function requireProtection(
  owner: string,
  { address, protection }: { readonly address: string; readonly protection: Protection },
  environment: Environment,
  fixes: Readonly<Record<'plaintext' | 'unverified', ProtectionFix>>,
): void {
  if (environment === 'development' || environment === 'test') return;
  if (protection === 'plaintext') {
    const { option, expected, fix } = fixes.plaintext;
    throw invalidOption(
      owner,
      option,
      `${expected}: ${address} is another machine and the connection would not be encrypted. Pass ${fix}, or environment: 'development' where that is true`,
    );
  }
  if (protection === 'unverified') {
    const { option, expected, fix } = fixes.unverified;
    const also = isCheckOff()
      ? ', and unset NODE_TLS_REJECT_UNAUTHORIZED, which takes the check from every connection'
      : '';
    throw invalidOption(
      owner,
      option,
      `${expected} the certificate of ${address}: anybody on the way could pose as it. Pass ${fix}${also}`,
    );
  }
}
