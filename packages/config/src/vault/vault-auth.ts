import { isAbsolute, resolve } from 'node:path';
import { Secret } from '@seaworthy/contracts';
import { isHardened } from '../profile.js';
import { othersMask } from '../sources/open-to-others.js';
import { readTextFile } from '../sources/read-text-file.js';
import type { RemoteContext } from '../sources/source.js';
import { VaultFault } from './vault-fault.js';

/**
 * Something that only this service knows: itself, the variable that holds it, or the file, which is read again at every
 * use, so that it may be rotated. In staging and production the file must give others no permission.
 */
export type Credential = string | Secret | { readonly env: string } | { readonly file: string };

/** How the service proves to Vault who it is. `mount` is where the method is enabled. */
export type VaultAuth =
  | {
      readonly method: 'token';
      /** @defaultValue { env: 'VAULT_TOKEN' } */
      readonly token?: Credential;
    }
  | {
      readonly method: 'approle';
      readonly roleId: Credential;
      readonly secretId: Credential;
      /** @defaultValue 'approle' */
      readonly mount?: string;
    }
  | {
      readonly method: 'kubernetes';
      readonly role: string;
      /** The token of the service account. @defaultValue '/var/run/secrets/kubernetes.io/serviceaccount/token' */
      readonly tokenFile?: string;
      /** @defaultValue 'kubernetes' */
      readonly mount?: string;
    };

export interface Login {
  readonly mount: string;
  readonly body: object;
}

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

const maxBytes = 64 * 1024;

export type TokenAuth = VaultAuth & { readonly method: 'token' };

/** What is posted to log in. */
export function loginOf(auth: Exclude<VaultAuth, TokenAuth>, context: RemoteContext): Login {
  if (auth.method === 'approle') {
    const { mount = 'approle', roleId, secretId } = auth;
    const body = {
      role_id: resolveCredential('auth.roleId', roleId, context),
      secret_id: resolveCredential('auth.secretId', secretId, context),
    };
    return { mount, body };
  }
  const { mount = 'kubernetes', role, tokenFile = serviceAccountToken } = auth;
  // Kubernetes itself mounts it readable for others when no user is set, so its mode is not looked at.
  return { mount, body: { role, jwt: readCredential('auth.tokenFile', tokenFile, context, false) } };
}

/** The token that the service was given. */
export function tokenOf({ token = { env: 'VAULT_TOKEN' } }: TokenAuth, context: RemoteContext): string {
  return resolveCredential('auth.token', token, context);
}

function resolveCredential(name: string, credential: Credential, context: RemoteContext): string {
  if (typeof credential === 'string') return usable(name, credential);
  if (Secret.is(credential)) return usable(name, String(credential.reveal()));
  if ('file' in credential) return readCredential(name, credential.file, context, true);
  const variable = credential.env;
  const text = Object.hasOwn(context.env, variable) ? context.env[variable] : undefined;
  if (text === undefined || text === '') {
    throw new VaultFault(`cannot be asked: ${variable} is not set`, {
      fix: `Set ${variable}, or give the source another ${name}.`,
    });
  }
  return usable(name, text);
}

function readCredential(name: string, file: string, context: RemoteContext, isGuarded: boolean): string {
  const read = readTextFile(isAbsolute(file) ? file : resolve(context.cwd, file), maxBytes);
  if ('fault' in read) {
    throw new VaultFault(`cannot be asked: the file of ${name} ${read.fault}`, {
      fix: `Mend the file that ${name} names.`,
    });
  }
  if (isGuarded && isHardened(context.profile) && (read.mode & othersMask) !== 0) {
    throw new VaultFault(`cannot be asked: every user of the machine may use the file of ${name}`, {
      code: 'insecure',
      fix: `Take the permissions of others from the file that ${name} names: chmod 600.`,
    });
  }
  return usable(name, read.text);
}

/** A header cannot hold anything else, and the error that says so would quote it. */
function usable(name: string, text: string): string {
  const trimmed = text.trim();
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  throw new VaultFault(`cannot be asked: ${name} is empty, or holds blanks or characters beyond ASCII`, {
    fix: `Correct ${name}.`,
  });
}
