import { SeaworthyError } from '@seaworthy/contracts';

/**
 * Thrown when a request cannot be decided because of how the service is put together. `code` is
 * `SECURITY_NOT_MOUNTED`, `SECURITY_EXCHANGE_REQUIRED`, `SECURITY_INVALID_KEY`, `SECURITY_INVALID_COST`,
 * `SECURITY_PASSWORDS_BUSY`, `SECURITY_PASSWORD_TOO_LONG`, `SECURITY_CERTIFICATE_UNUSABLE` or `SECURITY_PIN_MISMATCH`.
 */
export class SecurityError extends SeaworthyError {
  static override readonly kind: string = 'SecurityError';
}
