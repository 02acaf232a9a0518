/** The four ways to run, from the most permissive to the strictest. */
export const profiles = ['development', 'test', 'staging', 'production'] as const;

export type Profile = (typeof profiles)[number];

/** Where secrets are real: placeholders, development defaults and readable secret files are refused. */
export function isHardened(profile: Profile): boolean {
  return profile === 'staging' || profile === 'production';
}

export interface ProfileOptions {
  /** Variables that may name the profile; the first one that is not empty decides. @defaultValue ['APP_ENV', 'NODE_ENV'] */
  readonly from?: readonly [string, ...string[]];
  /** The profile when none of them is set. A name that is not known is always production. @defaultValue 'production' */
  readonly unset?: Profile;
}

/** The profile and why it is that one. */
export interface ResolvedProfile {
  readonly name: Profile;
  /** For the report: `from APP_ENV`. Never the text of a variable. */
  readonly reason: string;
}

export function isProfile(name: string): name is Profile {
  return (profiles as readonly string[]).includes(name);
}

/** The variables that may name the profile. */
export function profileNames({ from = ['APP_ENV', 'NODE_ENV'] }: ProfileOptions): readonly string[] {
  return from;
}

/** The profile that an environment names. */
export function profileIn(
  env: Readonly<Record<string, string | undefined>>,
  options: ProfileOptions,
): ResolvedProfile {
  const texts: (string | undefined)[] = [];
  const names = profileNames(options);
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at] ?? '';
    texts.push(Object.hasOwn(env, name) ? env[name] : undefined);
  }
  return resolveProfile(texts, options);
}

/**
 * Decides the profile from the process environment alone: which dotenv files are read depends on it, so none of them can
 * name it. Whatever is not exactly one of the four names is production, so that a typo never relaxes anything.
 *
 * @param texts - of the variables that `profileNames` gives
 */
export function resolveProfile(
  texts: readonly (string | undefined)[],
  options: ProfileOptions,
): ResolvedProfile {
  const names = profileNames(options);
  for (let at = 0; at < texts.length; at += 1) {
    const text = texts[at];
    if (text === undefined || text === '') continue;
    if (isProfile(text)) return { name: text, reason: `from ${names[at]}` };
    return { name: 'production', reason: `because ${names[at]} is none of ${profiles.join(', ')}` };
  }
  const verb = names.length > 1 ? 'are' : 'is';
  return { name: options.unset ?? 'production', reason: `because ${names.join(' and ')} ${verb} not set` };
}
