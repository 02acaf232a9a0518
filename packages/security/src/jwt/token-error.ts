import { SecurityError } from '../security-error.js';

/**
 * Thrown when tokens cannot be made or looked up. `statusCode` is what Express and Fastify answer with when nobody handles it.
 * `code` is `SECURITY_TOKENS_UNAVAILABLE` (503), `SECURITY_TOKEN_CLAIMS`, `SECURITY_TOKEN_TOO_LARGE` or
 * `SECURITY_TOKEN_KEY` (500).
 */
export class TokenError extends SecurityError {
  static override readonly kind: string = 'TokenError';

  readonly statusCode: 500 | 503;

  constructor(message: string, options: { readonly code: string; readonly statusCode: 500 | 503 }) {
    super(message, options);
    this.statusCode = options.statusCode;
  }
}

export function tokensUnavailable(): TokenError {
  return new TokenError('Tokens cannot be looked up. Nothing was decided about this one; try again.', {
    code: 'SECURITY_TOKENS_UNAVAILABLE',
    statusCode: 503,
  });
}
