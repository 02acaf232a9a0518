/** One way to hash passwords. Hashes are PHC strings: they say how they were made. */
export interface PasswordHasher {
  /** How every hash of today begins; another one is outdated. */
  readonly head: string;
  /** The hash of no password, which costs as much to verify as a real one. */
  readonly nobody: string;
  reads(stored: string): boolean;
  hash(password: string): Promise<string>;
  /** Rejects for a hash that it cannot read. */
  verify(password: string, stored: string): Promise<boolean>;
}
