/** Somebody who may log in, as administrators see them. */
export interface Account<Role extends string> {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role | 'admin';
  /** Whether they may log in; a deactivated account keeps what it wrote. */
  readonly active: boolean;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** One page of a list of them. */
export interface AccountPage<Role extends string> {
  readonly users: readonly Account<Role>[];
  readonly page: number;
  readonly pageSize: number;
  readonly total: number;
}

export interface AccountFilter {
  /** In name or address. */
  readonly search?: string | undefined;
  readonly status?: 'active' | 'deactivated' | undefined;
  readonly page: number;
}

/** What is left out stays as it is. */
export interface AccountChanges<Role extends string> {
  readonly role?: Role | 'admin' | undefined;
  readonly active?: boolean | undefined;
}
