/** Somebody with an account, as administrators see them. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: string;
  /** Whether they may log in. */
  readonly active: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** A role that an account may have, in words. */
export interface AccountRole {
  readonly value: string;
  readonly label: string;
  /** What it allows, in one sentence. */
  readonly allows: string;
}

/** What a role is called; its own name when the application does not know it. */
export function roleLabel(roles: readonly AccountRole[], role: string): string {
  return roles.find(({ value }) => value === role)?.label ?? role;
}
