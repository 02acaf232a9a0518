import { invalidOption, type Secret } from '@seaworthy/contracts';

/**
 * The private keys of an option, as text.
 *
 * @throws OptionsError without repeating any of them.
 */
export function readIdentities(
  owner: string,
  identity: string | Secret | ReadonlyArray<string | Secret> | undefined,
): readonly string[] {
  if (identity === undefined) return [];
  const given = typeof identity === 'string' || 'reveal' in identity ? [identity] : identity;
  return given.map((one) => {
    const text = (typeof one === 'string' ? one : one.reveal()).trim();
    if (!/^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/.test(text)) {
      throw invalidOption(
        owner,
        'identity',
        'private keys as age-keygen prints them: AGE-SECRET-KEY-1 and 58 characters',
      );
    }
    return text;
  });
}
