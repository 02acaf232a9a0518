import { errorCode } from '@seaworthy/contracts';

/** Why a delivery failed, in a word that holds no address and no secret: a status, a system code or an error's name. */
export function failureOf(error: unknown): string {
  const status = statusOf(error);
  if (status !== undefined) return String(status);
  const code = errorCode(error) ?? errorCode(causeOf(error));
  if (code !== undefined) return code;
  const name: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'name') : undefined;
  return typeof name === 'string' ? name : 'unknown';
}

/** The HTTP status of a client's error. */
export function statusOf(error: unknown): number | undefined {
  const status: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'statusCode') : undefined;
  return typeof status === 'number' ? status : undefined;
}

function causeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, 'cause') : undefined;
}
