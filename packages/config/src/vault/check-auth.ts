import { invalidOption, optionsOf, Secret } from '@seaworthy/contracts';
import type { Credential, VaultAuth } from './vault-auth.js';

type Method<Name extends VaultAuth['method']> = VaultAuth & { readonly method: Name };

const owner = 'vault: auth';
const readers = {
  token: optionsOf<Method<'token'>>(owner, { method: true, token: true }),
  approle: optionsOf<Method<'approle'>>(owner, { method: true, roleId: true, secretId: true, mount: true }),
  kubernetes: optionsOf<Method<'kubernetes'>>(owner, {
    method: true,
    role: true,
    tokenFile: true,
    mount: true,
  }),
} as const;

const readVariable = optionsOf<{ readonly env: string }>(`${owner}, a credential`, { env: true });
const readFile = optionsOf<{ readonly file: string }>(`${owner}, a credential`, { file: true });

/**
 * Refuses a way to log in that can never work, before anything is asked: later its error would not be shown, because it may
 * hold a credential.
 *
 * @throws OptionsError, which repeats no credential.
 */
export function checkAuth(auth: VaultAuth): void {
  const known = Object.keys(readers);
  if (!known.includes(auth?.method)) throw invalidOption('vault', 'auth.method', known.join(', or '));
  if (auth.method === 'token') {
    const { token } = readers.token(auth);
    if (token !== undefined) checkCredential('auth.token', token);
    return;
  }
  if (auth.method === 'approle') {
    const { roleId, secretId } = readers.approle(auth);
    checkCredential('auth.roleId', roleId);
    checkCredential('auth.secretId', secretId);
  } else {
    const { role, tokenFile = 'absent' } = readers.kubernetes(auth);
    for (const [name, text] of Object.entries({ role, tokenFile })) {
      if (!isText(text)) throw invalidOption('vault', `auth.${name}`, 'a text that is not empty');
    }
  }
  if (auth.mount !== undefined && !isPath(auth.mount)) {
    throw invalidOption('vault', 'auth.mount', 'a path such as approle, without slashes around it');
  }
}

function checkCredential(name: string, credential: Credential): void {
  if (isText(credential) || Secret.is(credential)) return;
  if (typeof credential === 'object' && credential !== null) {
    const place = 'file' in credential ? readFile(credential).file : readVariable(credential).env;
    if (isText(place)) return;
  }
  throw invalidOption('vault', name, "a text, a Secret, { env: 'NAME' } or { file: 'path' }");
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** A path within Vault, without slashes around it. */
export function isPath(path: unknown): path is string {
  return (
    typeof path === 'string' && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}
