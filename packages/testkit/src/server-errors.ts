import { SeaworthyError } from '@seaworthy/contracts';

/** A server cannot be had on this machine; the message says what to install. `code` is `SERVER_UNAVAILABLE`. */
export class ServerUnavailable extends SeaworthyError {
  static override readonly kind: string = 'ServerUnavailable';
}

/** A server's program is there and the server did not come up; the message ends with its log. `code` is `SERVER_START_FAILED`. */
export class ServerStartFailed extends SeaworthyError {
  static override readonly kind: string = 'ServerStartFailed';
}
