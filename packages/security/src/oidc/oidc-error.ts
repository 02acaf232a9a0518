import { SecurityError } from '../security-error.js';

/**
 * Thrown when the login provider does not answer as it should. `code` is `SECURITY_OIDC_UNAVAILABLE`; `statusCode`, 503, is
 * what Express and Fastify answer with when nobody handles it.
 */
export class OidcError extends SecurityError {
  static override readonly kind: string = 'OidcError';

  readonly statusCode = 503;
}

export function providerUnavailable(): OidcError {
  return new OidcError(
    'The login provider does not answer as it should. Try again, and look at its status.',
    {
      code: 'SECURITY_OIDC_UNAVAILABLE',
    },
  );
}
