import { SecurityError } from '../security-error.js';

/**
 * Thrown for a request that a policy refuses. `statusCode` is what Express and Fastify answer with when nobody handles it.
 * `code` is `SECURITY_UNAUTHENTICATED` (401) or `SECURITY_FORBIDDEN` (403).
 */
export class AccessError extends SecurityError {
  static override readonly kind: string = 'AccessError';

  readonly statusCode: 401 | 403;

  constructor(reason: AccessRefusal) {
    super(reason === 'forbidden' ? 'Your role does not allow this.' : 'Log in to continue.', {
      code: reason === 'forbidden' ? 'SECURITY_FORBIDDEN' : 'SECURITY_UNAUTHENTICATED',
    });
    this.statusCode = reason === 'forbidden' ? 403 : 401;
  }
}

export type AccessRefusal = 'unauthenticated' | 'forbidden';
