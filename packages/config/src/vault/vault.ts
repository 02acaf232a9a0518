import {
  type Clock,
  DeadlineError,
  type DurationInput,
  invalidOption,
  isLocalHost,
  optionsOf,
  protectionOf,
  systemClock,
  wholeNumber,
  withDeadline,
} from '@seaworthy/contracts';
import { durationOption } from '../duration-option.js';
import { isHardened } from '../profile.js';
import { type SecretKeys, undeclaredFault } from '../sources/entries-of.js';
import type { RemoteContext, RemoteReading, RemoteSource } from '../sources/source.js';
import { checkAuth, isPath } from './check-auth.js';
import { addressOf } from './vault-address.js';
import type { VaultAuth } from './vault-auth.js';
import { VaultFault } from './vault-fault.js';
import type { VaultFetch, VaultServer } from './vault-http.js';
import { readSecret, unreadableFor } from './vault-secret.js';
import { createVaultSession, type VaultSession } from './vault-session.js';

export type { SecretKeys } from '../sources/entries-of.js';
export type { Credential, VaultAuth } from './vault-auth.js';
export type { VaultFetch } from './vault-http.js';

export interface VaultOptions {
  /** The secret within its engine: `orders/production`. Of several, later wins. */
  readonly path: string | readonly [string, ...string[]];
  /** Where the KV version 2 engine is mounted. @defaultValue 'secret' */
  readonly mount?: string;
  /** @defaultValue the variable VAULT_ADDR */
  readonly address?: string;
  /** @defaultValue the variable VAULT_NAMESPACE, or none */
  readonly namespace?: string;
  /** @defaultValue { method: 'token', token: { env: 'VAULT_TOKEN' } } */
  readonly auth?: VaultAuth;
  /** Which key gives a variable, where they are not called alike. @defaultValue {} */
  readonly keys?: SecretKeys;
  /** How long everything together may take. @defaultValue '10s' */
  readonly timeout?: DurationInput;
  /** How long one try may take. @defaultValue '3s' */
  readonly attemptTimeout?: DurationInput;
  /** How often one question is asked at most. @defaultValue 4 */
  readonly attempts?: number;
  /** A longer answer is refused. @defaultValue 1048576, which is what Vault stores at most */
  readonly maxBytes?: number;
  /** Whether staging and production may send secrets without TLS to another machine. @defaultValue false */
  readonly allowPlainHttp?: boolean;
  /** @defaultValue the fetch of Node, whose TLS trusts NODE_EXTRA_CA_CERTS */
  readonly fetch?: VaultFetch;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

const readOptions = optionsOf<VaultOptions>('vault', {
  path: true,
  mount: true,
  address: true,
  namespace: true,
  auth: true,
  keys: true,
  timeout: true,
  attemptTimeout: true,
  attempts: true,
  maxBytes: true,
  allowPlainHttp: true,
  fetch: true,
  clock: true,
});

/**
 * A secret of HashiCorp Vault (or OpenBao), KV version 2, whose keys are variables. For `loadAsync` and `watch`.
 *
 * It logs in once, renews its token when half of its time is over, and logs in again when Vault refuses the token. Every
 * wait has an end, and neither a value nor a token is in any error.
 *
 * @throws OptionsError for what can never work.
 *
 * @example
 * const source = vault({
 *   path: 'orders/production',
 *   auth: { method: 'kubernetes', role: 'orders' },
 * });
 * const config = await schema.loadAsync({ sources: [sources.env(), source] });
 */
export function vault(options: VaultOptions): RemoteSource {
  const {
    path,
    mount = 'secret',
    auth = { method: 'token' },
    keys = {},
    timeout = '10s',
    ...rest
  } = readOptions(options);
  const { attempts = 4, attemptTimeout = '3s', maxBytes = 1024 ** 2, clock = systemClock } = rest;
  const { fetch = globalThis.fetch, allowPlainHttp = false } = rest;
  const paths = typeof path === 'string' ? [path] : path;
  if (!Array.isArray(paths) || paths.length === 0 || !paths.every(isPath)) {
    throw invalidOption(
      'vault',
      'path',
      'a path such as orders/production, without slashes around it, or a list of them',
    );
  }
  if (!isPath(mount))
    throw invalidOption('vault', 'mount', 'a path such as secret, without slashes around it');
  const timeoutMs = durationOption('vault', 'timeout', timeout, { min: 1 });
  const attemptTimeoutMs = durationOption('vault', 'attemptTimeout', attemptTimeout, { min: 1 });
  for (const [name, value] of Object.entries({ attempts, maxBytes })) {
    wholeNumber('vault', name, value, { min: 1 });
  }
  // Anything else that counts as true would send a token in the clear.
  if (typeof allowPlainHttp !== 'boolean') throw invalidOption('vault', 'allowPlainHttp', 'true or false');
  if (rest.namespace !== undefined && !isHeader(rest.namespace)) {
    throw invalidOption('vault', 'namespace', 'a text of visible ASCII characters');
  }
  checkAuth(auth);

  let connection:
    | { readonly key: string; readonly server: VaultServer; readonly session: VaultSession }
    | undefined;

  function connect(context: RemoteContext): NonNullable<typeof connection> {
    const { profile } = context;
    const allows = (url: URL): boolean =>
      url.protocol === 'https:' || allowPlainHttp || !isHardened(profile) || isLocalHost(url.hostname);
    const address = addressOf(rest.address ?? variable(context, 'VAULT_ADDR'));
    if (!allows(address)) {
      throw new VaultFault(`would be asked without TLS in ${profile}`, {
        code: 'insecure',
        fix: 'Use https, or a Vault agent on this machine, or say allowPlainHttp: true.',
      });
    }
    if (isHardened(profile) && !allowPlainHttp && protectionOf(address.hostname, {}) === 'unverified') {
      throw new VaultFault(
        'would be asked without a look at its certificate: NODE_TLS_REJECT_UNAUTHORIZED is 0',
        {
          code: 'insecure',
          fix: 'Unset NODE_TLS_REJECT_UNAUTHORIZED, and name the authority in NODE_EXTRA_CA_CERTS.',
        },
      );
    }
    const namespace = rest.namespace ?? variable(context, 'VAULT_NAMESPACE');
    if (namespace !== undefined && !isHeader(namespace)) {
      const fix = 'Correct VAULT_NAMESPACE.';
      throw new VaultFault('has a namespace with blanks or characters beyond ASCII', { fix });
    }
    const key = `${address} ${namespace}`;
    if (connection?.key === key) return connection;
    const server = { address, namespace, fetch, attempts, attemptTimeoutMs, maxBytes, clock, allows };
    connection = { key, server, session: createVaultSession(server, auth) };
    return connection;
  }

  async function readAll(context: RemoteContext, signal: AbortSignal): Promise<RemoteReading> {
    const undeclared = undeclaredFault(Object.keys(keys), context.names);
    if (undeclared !== undefined) return { entries: [], unreadable: [unreadableFor('vault', undeclared)] };
    const { server, session } = connect(context);
    await session.lease(context, signal); // a login that fails is one fault, not one for each path
    const readings = [];
    for (const each of paths) {
      readings.push(await readSecret({ server, session, context, mount, path: each, keys }, signal));
    }
    const unreadable = readings.flatMap((reading) => reading.unreadable ?? []);
    // A Vault in trouble is not asked more often because of a token that it cannot renew now.
    const refreshWithinMs = unreadable.length === 0 ? session.refreshWithinMs() : undefined;
    return {
      entries: readings.flatMap(({ entries }) => entries),
      unreadable,
      ...(refreshWithinMs === undefined ? {} : { refreshWithinMs }),
    };
  }

  return {
    name: 'vault',
    async fetch(context, signal) {
      try {
        const limits = { timeoutMs, what: 'Vault', signal, clock };
        return await withDeadline((given) => readAll(context, given), limits);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof VaultFault) && !DeadlineError.is(error)) throw error;
        return { entries: [], unreadable: [unreadableFor('vault', faultOf(error, timeoutMs).fault)] };
      }
    },
  };
}

function faultOf(error: VaultFault | DeadlineError, timeoutMs: number): VaultFault {
  if (error instanceof VaultFault) return error;
  const fix = 'Look at the health of Vault and at the way to it.';
  return new VaultFault(`did not answer within ${timeoutMs} ms`, { fix });
}

function isHeader(text: unknown): boolean {
  return typeof text === 'string' && /^[\x21-\x7e]+$/.test(text);
}

function variable({ env }: RemoteContext, name: string): string | undefined {
  const text = Object.hasOwn(env, name) ? env[name] : undefined;
  return text === '' ? undefined : text;
}
