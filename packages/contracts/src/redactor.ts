/** Takes secrets and personal data out of what is about to leave the process. Never throws, never changes its input. */
export interface Redactor {
  /** A copy with everything secret replaced, at any depth. */
  redact(value: unknown): unknown;
  /** The text with everything that looks secret replaced. */
  redactText(text: string): string;
}
