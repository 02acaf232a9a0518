/** What the writer asks before it shows anything. */
export interface Discretion {
  isSecret(name: string): boolean;
  redactText(text: string): string;
  /** What stands where a secret was. */
  readonly replacement: string;
  /** Values that are shown as a keyed hash, by their name. */
  readonly hashed?: { has(name: string): boolean; of(value: unknown): string | undefined } | undefined;
  /**
   * A regular expression's source: text in which it finds nothing, nor `=`, `@`, `%` or a quote, is one that `redactText` leaves
   * alone. The writer looks for it together with what JSON must escape, so that most texts are read once. Without it,
   * `redactText` reads every text.
   */
  readonly triggers?: string | undefined;
}
