import type { PlainField } from '../field.js';
import { plainField } from '../field-builder.js';
import { invalid, valid } from '../parsed.js';
import { isProfile, type Profile, profiles } from '../profile.js';

/**
 * The profile that the configuration was loaded for. It is never missing and never wrong: where the variable holds no
 * known name, it is `production`, as everywhere else.
 *
 * @example
 * defineConfig({ fields: { APP_ENV: env.profile() } });
 */
export function profileField(): PlainField<Profile, Profile> {
  return plainField<Profile, Profile>({
    kind: 'profile',
    expected: `one of ${profiles.join(', ')}`,
    isProfile: true,
    parse: (text) => (isProfile(text) ? valid(text) : invalid('is no profile')),
    format: String,
  });
}
