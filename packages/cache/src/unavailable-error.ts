import { isCertificateError } from '@seaworthy/contracts';
import type { RedisStatus } from './redis-connection.js';
import { RedisError } from './redis-error.js';

function adviceFor(reason: string): string {
  return isCertificateError(reason)
    ? 'Its certificate was refused: pass its authority as clientOptions: { tls: { ca } }, and the host name that the certificate is for.'
    : 'Check that it runs there and that the credentials of the URL are right.';
}

/** Why a command cannot be sent in that state, and what to do. */
export function unavailableError(
  status: RedisStatus,
  { label, reason }: { readonly label: string; readonly reason: string },
): RedisError {
  switch (status) {
    case 'closed':
      return new RedisError(`The connection to Redis at ${label} was closed.`, { code: 'REDIS_CLOSED' });
    case 'gave_up':
      return new RedisError(`Gave up connecting to Redis at ${label} (${reason}). ${adviceFor(reason)}`, {
        code: 'REDIS_GAVE_UP',
      });
    default:
      return new RedisError(`Redis at ${label} is not connected (${status}, last reason ${reason}).`, {
        code: 'REDIS_UNAVAILABLE',
      });
  }
}
