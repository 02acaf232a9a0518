import { invalidOption, optionsOf } from '@seaworthy/contracts';
import { SecurityError } from '../security-error.js';

/** Whoever has a role. */
export interface HasRole {
  readonly role: string;
}

/** What one role may do. */
export interface RoleRules<Role extends string, Action extends string, Condition extends string> {
  readonly may?: readonly Action[];
  /** What it may do to some things, and the condition that says to which. */
  readonly mayIf?: { readonly [Name in Action]?: Condition };
  /** Whose rights it has too. */
  readonly like?: readonly Role[];
}

export interface PolicyOptions<
  Role extends string,
  Action extends string,
  User,
  Resource,
  Condition extends string,
> {
  /** Everything that can be done, once. */
  readonly actions: readonly Action[];
  readonly roles: { readonly [Name in Role]: RoleRules<NoInfer<Role>, NoInfer<Action>, NoInfer<Condition>> };
  /** Asked with who does it and what it is done to; only `true` is a yes. @defaultValue {} */
  readonly conditions?: { readonly [Name in Condition]: (user: User, resource: Resource) => boolean };
}

/** Whether a role may do something: to everything, to some things, or not at all. */
export type Grant = 'always' | 'sometimes' | 'never';

export interface Policy<
  Role extends string = string,
  Action extends string = string,
  User extends HasRole = HasRole,
  Resource = unknown,
> {
  readonly roles: readonly Role[];
  readonly actions: readonly Action[];
  /** Whether `user` may do it, to `resource` where the role may do it to some things only. Nobody and an unknown role may nothing. */
  can(user: User | null | undefined, action: Action, resource?: Resource | null): boolean;
  /** What a role may do whatever it is done to. An unknown role may nothing. */
  grant(role: string, action: Action): Grant;
}

interface Rights {
  readonly always: ReadonlySet<string>;
  /** The conditions of an action. */
  readonly sometimes: ReadonlyMap<string, ReadonlySet<string>>;
}

const owner = 'definePolicy';

const readOptions = optionsOf<PolicyOptions<string, string, never, never, string>>(owner, {
  actions: true,
  roles: true,
  conditions: true,
});

const readRules = optionsOf<RoleRules<string, string, string>>(`${owner} roles`, {
  may: true,
  mayIf: true,
  like: true,
});

/**
 * Who may do what, in one place: what is not granted is refused.
 *
 * @throws OptionsError for a role or an action that there is not, and for roles that are like one another in a circle.
 *
 * @example
 * const policy = definePolicy({
 *   actions: ['invoice.read', 'invoice.void'],
 *   roles: { viewer: { may: ['invoice.read'] }, accountant: { like: ['viewer'], may: ['invoice.void'] } },
 * });
 * policy.can(user, 'invoice.void');
 */
export function definePolicy<
  const Role extends string,
  const Action extends string,
  User extends HasRole = HasRole,
  Resource = unknown,
  const Condition extends string = never,
>(options: PolicyOptions<Role, Action, User, Resource, Condition>): Policy<Role, Action, User, Resource> {
  const { actions, roles } = readOptions(options);
  const known = new Set<string>(actions);
  if (known.size !== actions.length || known.has(anyone)) {
    throw invalidOption(owner, 'actions', `names that are there once, none of them "${anyone}"`);
  }
  const conditions = new Map<string, (user: User, resource: Resource) => boolean>(
    Object.entries(options.conditions ?? {}),
  );
  const rules = new Map<string, RoleRules<string, string, string>>(Object.entries(roles));
  const rights = new Map<string, Rights>();

  function rightsOf(role: string, above: readonly string[]): Rights {
    const found = rights.get(role);
    if (found !== undefined) return found;
    const rule = rules.get(role);
    if (rule === undefined) throw invalidOption(owner, 'roles', `roles that there are; "${role}" is none`);
    if (above.includes(role)) {
      throw invalidOption(owner, 'roles', `roles that are not like themselves; "${role}" is`);
    }
    const { may = [], mayIf = {}, like = [] } = readRules(rule);
    const [always, sometimes] = [new Set(may), new Map<string, Set<string>>()];
    const addCondition = (action: string, condition: string): void => {
      sometimes.set(action, new Set([...(sometimes.get(action) ?? []), condition]));
    };
    for (const [action, condition = ''] of Object.entries(mayIf)) {
      if (typeof conditions.get(condition) !== 'function') {
        throw invalidOption(owner, 'mayIf', `conditions that there are; the one of "${action}" is none`);
      }
      addCondition(action, condition);
    }
    for (const action of [...always, ...sometimes.keys()]) {
      if (!known.has(action))
        throw invalidOption(owner, 'roles', `actions that there are; "${action}" is none`);
    }
    for (const other of like) {
      const theirs = rightsOf(other, [...above, role]);
      for (const action of theirs.always) always.add(action);
      for (const [action, names] of theirs.sometimes) for (const name of names) addCondition(action, name);
    }
    const own = { always, sometimes };
    rights.set(role, own);
    return own;
  }

  for (const role of rules.keys()) rightsOf(role, []);

  function assertKnown(action: string): void {
    if (known.has(action)) return;
    throw new SecurityError(
      `No policy speaks of "${action.slice(0, 100)}". Add it to the actions of definePolicy.`,
      {
        code: 'SECURITY_UNKNOWN_ACTION',
      },
    );
  }

  return {
    roles: Object.freeze([...rules.keys()]) as readonly Role[],
    actions: Object.freeze([...actions]),
    can(user, action, resource) {
      assertKnown(action);
      if (user === undefined || user === null) return false;
      const own = rights.get(user.role);
      if (own === undefined) return false;
      if (own.always.has(action)) return true;
      if (resource === undefined || resource === null) return false; // a condition is about a thing
      const names = [...(own.sometimes.get(action) ?? [])];
      return names.some((name) => conditions.get(name)?.(user, resource) === true);
    },
    grant(role, action) {
      assertKnown(action);
      const own = rights.get(role);
      if (own === undefined) return 'never';
      if (own.always.has(action)) return 'always';
      return own.sometimes.has(action) ? 'sometimes' : 'never';
    },
  };
}

/** What a route is declared as that needs nobody to be logged in. */
export const anyone = 'anyone';
