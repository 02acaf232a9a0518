/** Each role may do what the one after it may: admin, manager, member, viewer. */
export type Role = 'admin' | 'manager' | 'member' | 'viewer';

export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
}

/** `POST /api/auth/login` and `POST /api/auth/token`. */
export interface LoginRequest {
  readonly email: string;
  readonly password: string;
}

/** `POST /api/auth/register`; the password has at least 10 characters. */
export interface RegisterRequest extends LoginRequest {
  readonly name: string;
}

/** `GET /api/me`, and what login and register answer beside the cookie. */
export interface UserResponse {
  readonly user: User;
}

/** A bearer token for API clients that keep no cookies. */
export interface TokenResponse {
  readonly token: string;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
}
