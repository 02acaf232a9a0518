import { DbError } from '../db-error.js';
import { Lane } from './lane.js';
import { Lease } from './lease.js';

/** Tells whoever has a connection that it is taken away. */
export function abandon(holder: unknown, reason: DbError): void {
  if (holder instanceof Lease || holder instanceof Lane) holder.abandon(reason);
}

export function lostInUse(): DbError {
  return new DbError(
    'connection_lost',
    'The connection was lost while it was borrowed; what was not committed on it is undone.',
  );
}

export function closedUnderWork(): DbError {
  return new DbError(
    'closed',
    'The database was closed before this had ended; it was cancelled in the server. Raise deadline.drain to give it longer.',
  );
}
