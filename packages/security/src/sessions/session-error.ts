import { SecurityError } from '../security-error.js';

/**
 * Thrown when sessions cannot be read or written. `statusCode` is what Express and Fastify answer with when nobody handles
 * it. `code` is `SECURITY_SESSIONS_UNAVAILABLE` (503), `SECURITY_SESSION_GONE` (401), `SECURITY_SESSION_CONTENDED` (409),
 * `SECURITY_SESSION_TOO_LARGE`, `SECURITY_SESSION_TOO_LATE`, `SECURITY_SESSION_USER` or `SECURITY_SESSION_NOT_LOADED` (500).
 */
export class SessionError extends SecurityError {
  static override readonly kind: string = 'SessionError';

  readonly statusCode: 401 | 409 | 500 | 503;

  constructor(
    message: string,
    options: { readonly code: string; readonly statusCode: 401 | 409 | 500 | 503 },
  ) {
    super(message, options);
    this.statusCode = options.statusCode;
  }
}

export function sessionsUnavailable(): SessionError {
  return new SessionError(
    'The sessions cannot be reached. Nothing was decided about who this is; try again.',
    {
      code: 'SECURITY_SESSIONS_UNAVAILABLE',
      statusCode: 503,
    },
  );
}
