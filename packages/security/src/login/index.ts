export type { Argon2Like, Argon2Settings } from './argon2-hasher.js';
export { createLoginGuard, type LoginGuard } from './login-guard.js';
export type { LoginAttempt, LoginEvent, LoginGuardOptions, LoginResult } from './login-guard-options.js';
export type { AccountDelay, AttemptLimit } from './login-policy.js';
export type { Argon2Cost, ScryptCost } from './password-cost.js';
export { createPasswords, type PasswordResult, type Passwords, type PasswordsOptions } from './passwords.js';
