import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ReservedPort, reservePort } from './free-port.js';
import { currentSession } from './run.js';
import type { SystemUser } from './system-user.js';

/** A folder and a port for one server, and where the reaper looks for its record. */
export interface Place {
  readonly folder: string;
  readonly port: number;
  readonly reservation: ReservedPort;
  readonly recordPath: string;
  readonly user: SystemUser | undefined;
  /** Whether the server serves the whole run and so must outlive the process that starts it. */
  readonly shared: boolean;
}

export interface PlaceOptions {
  readonly name: string;
  readonly user: SystemUser | undefined;
  readonly shared?: boolean | undefined;
}

/** Makes room for a server in the session of this process, or in the run when it is shared. */
export async function createPlace({ name, user, shared = false }: PlaceOptions): Promise<Place> {
  const session = await currentSession();
  const parent = shared ? session.sharedFolder : session.folder;
  const id = `${name}-${randomBytes(3).toString('hex')}`;
  const folder = join(parent, id);
  mkdirSync(folder);
  chmodSync(folder, 0o700);
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const reservation = await reservePort();
  return {
    folder,
    port: reservation.port,
    reservation,
    recordPath: join(parent, `${id}.record.json`),
    user,
    shared: shared && !session.ownsRun,
  };
}
