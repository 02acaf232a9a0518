import type { Role, User } from './user.js';

/** Somebody with an account, as administrators see them. */
export interface Account extends User {
  /** Whether they may log in. */
  readonly active: boolean;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** `GET /api/users`, for administrators; the query is `search`, `status` (`active` or `deactivated`) and `page`. */
export interface AccountsResponse {
  readonly users: readonly Account[];
  readonly page: number;
  readonly pageSize: number;
  readonly total: number;
}

/** `PATCH /api/users/:id`, for administrators; what is left out stays as it is. */
export interface UpdateAccountRequest {
  readonly role?: Role;
  readonly active?: boolean;
}

/** What `PATCH /api/users/:id` answers. */
export interface AccountResponse {
  readonly user: Account;
}

/** `POST /api/users`, for administrators. */
export interface CreateAccountRequest {
  readonly name: string;
  readonly email: string;
  readonly role: Role;
}

/** What `POST /api/users` answers: the first password, which is shown this once. */
export interface CreateAccountResponse extends AccountResponse {
  readonly password: string;
}
