import type { Profile } from '../profile.js';
import type { SourceFault } from './source.js';

/** Any permission of users who are neither the owner nor in the group. */
export const othersMask = 0o007;

/** The fault of a secret in a file that every user of the machine may use. */
export function openToOthers(profile: Profile, at: string): SourceFault['fault'] {
  return {
    code: 'insecure',
    message: 'stands in a file that every user of the machine may use',
    expected: `a file with mode 0600, 0400 or 0440 in ${profile}`,
    fix: `Take the permissions of others from ${at}: chmod 600, or defaultMode: 0400 in Kubernetes.`,
  };
}
