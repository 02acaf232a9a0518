import type { Profile } from '../profile.js';

/** In the order in which they are read: later wins. In the profile test `.env.local` is left out. */
export function dotenvFiles(profile: Profile): readonly string[] {
  const local = profile === 'test' ? [] : ['.env.local'];
  return ['.env', ...local, `.env.${profile}`, `.env.${profile}.local`];
}
