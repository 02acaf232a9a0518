import { SecurityError } from '../security-error.js';
import { anyone, type Grant, type HasRole, type Policy } from './policy.js';

/** A route of an application, and what it asks for. */
export interface GuardedRoute {
  /** In capitals. */
  readonly method: string;
  /** As it is written in the routes: `/teams/:id`. */
  readonly path: string;
  /** An action of the policy, `anyone`, or `undefined` when the route does not say. */
  readonly access: string | undefined;
}

/** A route and what each role may do with it. */
export interface AccessRow<Role extends string> {
  readonly method: string;
  readonly path: string;
  readonly access: string;
  readonly roles: { readonly [Name in Role]: Grant };
}

/**
 * Every route of an application by every role of its policy, in the order of path and method: to be asserted whole, so that
 * no route and no right changes unseen.
 *
 * @throws SecurityError `SECURITY_ROUTE_UNDECLARED` that names each route which says neither `may` nor `anyone`.
 *
 * @example
 * expect(matrixText(accessMatrix(policy, routesOf(app)))).toMatchInlineSnapshot();
 */
export function accessMatrix<Role extends string, Action extends string, User extends HasRole, Resource>(
  policy: Policy<Role, Action, User, Resource>,
  routes: readonly GuardedRoute[],
): ReadonlyArray<AccessRow<Role>> {
  const undeclared = routes.filter(({ access }) => access === undefined);
  if (undeclared.length > 0) {
    const names = undeclared.map(({ method, path }) => `${method} ${path}`).join(', ');
    throw new SecurityError(`Say may(action) or anyone() in the routes ${names}.`, {
      code: 'SECURITY_ROUTE_UNDECLARED',
    });
  }
  const actions: ReadonlySet<string> = new Set(policy.actions);
  const isAction = (access: string): access is Action => actions.has(access);
  return routes
    .map(({ method, path, access = '' }) => {
      const grant = (role: Role): Grant =>
        access === anyone ? 'always' : isAction(access) ? policy.grant(role, access) : 'never';
      const roles = Object.fromEntries(policy.roles.map((role) => [role, grant(role)]));
      return { method, path, access, roles: roles as AccessRow<Role>['roles'] };
    })
    .sort((a, b) => (a.path === b.path ? compare(a.method, b.method) : compare(a.path, b.path)));
}

/** A matrix as a table of text: `yes`, `if` and `-`. */
export function matrixText<Role extends string>(matrix: ReadonlyArray<AccessRow<Role>>): string {
  const words = { always: 'yes', sometimes: 'if', never: '-' } as const;
  const [first] = matrix;
  const names = Object.keys(first?.roles ?? {});
  const rows = matrix.map(({ method, path, access, roles }) => [
    `${method} ${path}`,
    access,
    ...Object.values<Grant>(roles).map((grant) => words[grant]),
  ]);
  const all = [['route', 'access', ...names], ...rows];
  const widths = all[0]?.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Not by locale, which differs from machine to machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
