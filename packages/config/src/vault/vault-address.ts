import { urlOf } from '@seaworthy/contracts';
import { VaultFault } from './vault-fault.js';

/** The address of a Vault server, ready to have paths put behind it. */
export function addressOf(text: string | undefined): URL {
  const fix = 'Set VAULT_ADDR or the option address, for example https://vault.internal:8200.';
  if (text === undefined) throw new VaultFault('has no address', { fix });
  const url = urlOf(text);
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new VaultFault('has an address that is no http or https URL', { fix });
  }
  if (url.username !== '' || url.password !== '') {
    throw new VaultFault('has an address with a name or a password in it, which Vault does not take', {
      fix,
    });
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}
