import { entriesOf, type SecretKeys } from '../sources/entries-of.js';
import type { Origin } from '../sources/origin.js';
import type { RemoteContext, SourceFault, SourceReading } from '../sources/source.js';
import { VaultFault } from './vault-fault.js';
import { askVault, type VaultReply, type VaultServer } from './vault-http.js';
import { recordAt, type VaultSession } from './vault-session.js';

export interface SecretRequest {
  readonly server: VaultServer;
  readonly session: VaultSession;
  readonly context: RemoteContext;
  readonly mount: string;
  readonly path: string;
  readonly keys: SecretKeys;
}

/** Reads one secret. What Vault refuses is in the reading, not thrown. */
export async function readSecret(asked: SecretRequest, signal: AbortSignal): Promise<SourceReading> {
  const { server, session, context, mount, path, keys } = asked;
  const place = `${encoded(mount)}/data/${encoded(path)}`;
  const ask = async () => {
    const { token } = await session.lease(context, signal);
    return askVault(server, { method: 'GET', path: place, token }, signal);
  };
  try {
    let reply = await ask();
    // The token may have been revoked; a login gives another, and a second refusal is meant.
    if (reply.status === 403 && session.drop()) reply = await ask();
    const { secret, version } = secretOf(reply, mount, path);
    const originOf = (key: string): Origin => ({
      source: 'vault',
      at: `vault ${mount}/${path}, key ${key}${version === undefined ? '' : `, version ${version}`}`,
    });
    return { entries: entriesOf(secret, { names: context.names, keys, originOf }) };
  } catch (error) {
    if (!(error instanceof VaultFault)) throw error;
    return { entries: [], unreadable: [unreadableFor(`vault ${mount}/${path}`, error.fault)] };
  }
}

function secretOf({ status, body }: VaultReply, mount: string, path: string) {
  const data = recordAt(body, 'data');
  const metadata = recordAt(data, 'metadata');
  const secret = recordAt(data, 'data');
  if (status === 200 && secret !== undefined && metadata !== undefined) {
    return { secret, version: typeof metadata.version === 'number' ? metadata.version : undefined };
  }
  if (status === 403) {
    throw new VaultFault('may not be read with this token (403)', {
      fix: `Give the policy of the token "read" on ${mount}/data/${path}, or a token that has not ended.`,
      status,
    });
  }
  if (metadata !== undefined) {
    throw new VaultFault(
      `has a newest version that is ${metadata.destroyed === true ? 'destroyed' : 'deleted'}`,
      {
        fix: `Write it again, or: vault kv undelete -mount=${mount} ${path}`,
        status,
      },
    );
  }
  if (status === 404) {
    throw new VaultFault('does not exist (404)', {
      fix: `Check path and mount; look with: vault kv get -mount=${mount} ${path}`,
      status,
    });
  }
  throw new VaultFault(
    status === 200 ? 'is no secret of a KV version 2 engine' : `was answered with ${status}`,
    {
      fix: `Look with: vault kv get -mount=${mount} ${path}`,
      status,
    },
  );
}

/** The fault as the loader takes it. */
export function unreadableFor(name: string, fault: SourceFault['fault']): SourceFault {
  return { name, fault, origin: { source: 'vault', at: name } };
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
