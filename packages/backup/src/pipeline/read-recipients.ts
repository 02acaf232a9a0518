import { invalidOption } from '@seaworthy/contracts';

/**
 * Public keys, each as `age-keygen` prints it.
 *
 * @throws OptionsError
 */
export function readRecipients(owner: string, option: string, recipients: unknown): readonly string[] {
  if (!Array.isArray(recipients) || recipients.length === 0)
    throw invalidOption(owner, option, 'at least one recipient: ["age1…"]');
  return recipients.map((recipient: unknown) => {
    // One mistyped character must show here and not on the worst day; the library checks the checksum when it is used.
    if (typeof recipient === 'string' && /^age1[02-9ac-hj-np-z]{58}$/.test(recipient)) return recipient;
    throw invalidOption(owner, option, 'public keys as age-keygen prints them: age1 and 58 characters');
  });
}
