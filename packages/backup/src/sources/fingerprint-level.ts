import { invalidOption } from '@seaworthy/contracts';

/** How closely the tables of a dump are looked at. */
export type FingerprintLevel = 'rows' | 'hash';

const levels: ReadonlyArray<FingerprintLevel | 'none'> = ['none', 'rows', 'hash'];

export function checkFingerprint(owner: string, level: FingerprintLevel | 'none'): void {
  if (!levels.includes(level)) throw invalidOption(owner, 'fingerprint', '"none", "rows" or "hash"');
}
