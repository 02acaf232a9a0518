import type { RemoteContext } from '../sources/source.js';
import { loginOf, type TokenAuth, tokenOf, type VaultAuth } from './vault-auth.js';
import { VaultFault } from './vault-fault.js';
import { askVault, type VaultReply, type VaultServer } from './vault-http.js';

/** A token and how long it holds. */
export interface Lease {
  readonly token: string;
  /** How long it held when it was given or renewed; `undefined` for ever. */
  readonly leaseMs: number | undefined;
  /** Of the clock's monotonic time. */
  readonly endsAt: number;
  readonly renewable: boolean;
  /** How long it held at first: Vault renews for less and less as a token comes to its greatest age. */
  readonly firstMs: number | undefined;
}

export interface VaultSession {
  /** A token that holds: the one at hand, renewed when half its time is over, or one of a new login. */
  lease(context: RemoteContext, signal: AbortSignal): Promise<Lease>;
  /** Forgets a token that Vault refused. @returns whether a login can give another */
  drop(): boolean;
  /** When to come back so that the token is renewed in time. */
  refreshWithinMs(): number | undefined;
}

/** Keeps one token for as long as it holds. */
export function createVaultSession(server: VaultServer, auth: VaultAuth): VaultSession {
  const { clock } = server;
  let lease: Lease | undefined;

  async function fresh(context: RemoteContext, signal: AbortSignal): Promise<Lease> {
    if (auth.method === 'token') return lookUp(auth, context, signal);
    const login = loginOf(auth, context);
    const path = `auth/${login.mount}/login`;
    const reply = await askVault(server, { method: 'POST', path, body: login.body }, signal);
    const given = leaseFrom(reply);
    if (given !== undefined) return given;
    throw new VaultFault(`refused the login at auth/${login.mount} (${reply.status})`, {
      fix: `Check the role and the credentials of auth/${login.mount}.`,
      status: reply.status,
    });
  }

  /** A token that was handed in tells its time itself, unless its policy forbids even that. */
  async function lookUp(given: TokenAuth, context: RemoteContext, signal: AbortSignal): Promise<Lease> {
    const token = tokenOf(given, context);
    if (lease?.token === token && isCurrent(lease)) return lease;
    const reply = await askVault(server, { method: 'GET', path: 'auth/token/lookup-self', token }, signal);
    const { ttl, renewable } = recordAt(reply.body, 'data') ?? {};
    return leased(token, ttl, renewable);
  }

  function leased(token: string, seconds: unknown, renewable: unknown, firstMs?: number): Lease {
    const leaseMs = typeof seconds === 'number' && seconds > 0 ? seconds * 1_000 : undefined;
    const endsAt = leaseMs === undefined ? Number.POSITIVE_INFINITY : clock.monotonic() + leaseMs;
    return { token, leaseMs, endsAt, renewable: renewable === true, firstMs: firstMs ?? leaseMs };
  }

  function leaseFrom({ status, body }: VaultReply, firstMs?: number): Lease | undefined {
    const { client_token: token, lease_duration: seconds, renewable } = recordAt(body, 'auth') ?? {};
    if (status !== 200 || typeof token !== 'string' || token === '') return undefined;
    return leased(token, seconds, renewable, firstMs);
  }

  function isCurrent({ endsAt }: Lease): boolean {
    return clock.monotonic() < endsAt;
  }

  async function renewed(held: Lease, signal: AbortSignal): Promise<Lease | undefined> {
    const { leaseMs, endsAt, renewable, token, firstMs = 0 } = held;
    if (leaseMs === undefined || endsAt - clock.monotonic() > leaseMs / 2) return held;
    if (!renewable) return auth.method === 'token' ? held : undefined;
    const path = 'auth/token/renew-self';
    const reply = await askVault(server, { method: 'POST', path, token, body: {} }, signal).catch((error) => {
      if (error instanceof VaultFault) return undefined;
      throw error;
    });
    if (reply === undefined) return held; // not reached: it still holds, and the next look tries again
    const renewal = leaseFrom(reply, firstMs);
    const isAged = renewal?.leaseMs !== undefined && renewal.leaseMs < firstMs / 2;
    return isAged && auth.method !== 'token' ? undefined : renewal;
  }

  return {
    async lease(context, signal) {
      if (auth.method === 'token') lease = await lookUp(auth, context, signal);
      const held = lease !== undefined && isCurrent(lease) ? await renewed(lease, signal) : undefined;
      lease = held ?? (await fresh(context, signal));
      return lease;
    },
    drop() {
      lease = undefined;
      return auth.method !== 'token';
    },
    refreshWithinMs() {
      if (lease?.leaseMs === undefined) return undefined;
      if (!lease.renewable && auth.method === 'token') return undefined; // nobody can make it last
      return Math.max(0, lease.endsAt - clock.monotonic() - lease.leaseMs / 3);
    },
  };
}

/** The object at a key of another, if both are objects. */
export function recordAt(value: unknown, key: string): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  const found: unknown = Reflect.get(value, key);
  return typeof found === 'object' && found !== null
    ? (found as Readonly<Record<string, unknown>>)
    : undefined;
}
