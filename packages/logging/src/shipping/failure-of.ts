import { errorCode } from '@seaworthy/contracts';
import { optionalMember } from './optional-member.js';

/**
 * Why a delivery failed, in a word that holds no address and no secret: a status, a system code or an error's name. A target may reject
 * with anything, also with what cannot be read.
 */
export function failureOf(error: unknown): string {
  const status = statusOf(error);
  if (status !== undefined) return String(status);
  const code = errorCode(error) ?? errorCode(optionalMember(error, 'cause'));
  if (code !== undefined) return code;
  const name = optionalMember(error, 'name');
  return typeof name === 'string' ? name : 'unknown';
}

/** The HTTP status of a client's error. */
export function statusOf(error: unknown): number | undefined {
  const status = optionalMember(error, 'statusCode');
  return typeof status === 'number' ? status : undefined;
}
