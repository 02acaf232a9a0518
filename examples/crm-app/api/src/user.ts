/** viewer reads; sales also writes clients and invoices; accountant also payments and voids; admin everything. */
export type Role = 'admin' | 'accountant' | 'sales' | 'viewer';

export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
}

/** `POST /api/auth/login`. */
export interface LoginRequest {
  readonly email: string;
  readonly password: string;
}

/** `GET /api/me`, and what login answers beside the cookie. */
export interface UserResponse {
  readonly user: User;
}
