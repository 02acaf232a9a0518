import type { Profile } from '../profile.js';

/** In the order in which they are read: later wins. In the profile test `.env.local` is left out. */
export function dotenvFiles(profile: Profile): readonly string[] {
  const own = `.env.${profile}`;
  return profile === 'test' ? ['.env', own, `${own}.local`] : ['.env', '.env.local', own, `${own}.local`];
}
