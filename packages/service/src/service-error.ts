import { SeaworthyError } from '@seaworthy/contracts';

/**
 * Thrown when a service cannot start. `code` is `SERVICE_PORT_TAKEN`, `SERVICE_LISTEN_FAILED`, `SERVICE_STEP_FAILED`,
 * `SERVICE_STEP_TIMEOUT`, `SERVICE_STEP_UNFINISHED`, `SERVICE_NAME_TAKEN` or `SERVICE_STOPPED`.
 * `SERVICE_CLOSE_TIMEOUT` and `SERVICE_CLOSE_FAILED` are only logged, by a shutdown that had to leave a resource open.
 */
export class ServiceError extends SeaworthyError {
  static override readonly kind: string = 'ServiceError';
}
