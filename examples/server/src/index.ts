export { ApiError, type FieldProblem, type Problem, problemOf } from './api-error.js';
export { day } from './day.js';
export { parse } from './parse.js';
export { hashPassword, verifyPassword } from './password.js';
export { type SeededRandom, seededId, seededRandom } from './seeded-random.js';
export { type SessionCookie, type SessionCookieOptions, sessionCookie } from './session-cookie.js';
