export { AccessError, type AccessRefusal } from './access-error.js';
export { type AccessRow, accessMatrix, type GuardedRoute, matrixText } from './access-matrix.js';
export {
  definePolicy,
  type Grant,
  type HasRole,
  type Policy,
  type PolicyOptions,
  type RoleRules,
} from './policy.js';
export type { ResourceOf, RouteGuardOptions } from './route-guard.js';
