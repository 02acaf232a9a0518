import { randomUUID } from 'node:crypto';

/** What UUIDs, ULIDs, nginx, Heroku and AWS write; nothing that means something to a shell, a terminal or a log. */
const acceptable = /^[A-Za-z0-9][A-Za-z0-9._:=@+/-]{0,127}$/;

/** Whether a request's id may go into a header. */
export function isRequestId(value: unknown): value is string {
  return typeof value === 'string' && acceptable.test(value);
}

/** The id that came with a request when it is harmless, else a new UUID. */
export function requestIdOf(received: string | undefined): string {
  return isRequestId(received) ? received : randomUUID();
}
