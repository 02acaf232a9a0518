import type { SourceFault } from '../sources/source.js';

type Fault = SourceFault['fault'];

/** Why Vault did not give a secret. Only text of ours is in it: what Vault answered may hold a value. */
export class VaultFault extends Error {
  readonly fault: Fault;
  /** The HTTP status that said so, if one did. */
  readonly status: number | undefined;

  constructor(
    message: string,
    details: { readonly fix: string; readonly code?: Fault['code']; readonly status?: number },
  ) {
    super(message);
    this.status = details.status;
    this.fault = {
      code: details.code ?? 'unreadable',
      message: `${message}; what is missing may stand in it, so missing variables are not listed`,
      expected: 'a secret of a KV version 2 engine that this service may read',
      fix: details.fix,
    };
  }
}
