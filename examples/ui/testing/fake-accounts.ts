import { type FakeAnswer, type FakeRequest, type FakeRoutes, problem } from './fake-api.js';

export interface FakePerson {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: string;
}

interface FakeAccount extends FakePerson {
  role: string;
  active: boolean;
  readonly createdAt: string;
}

export interface FakeAccounts {
  /** Who is signed in. */
  user(): FakePerson | undefined;
  /** Makes an account and signs it in. */
  register(person: Omit<FakePerson, 'id'>): FakeAnswer;
  /** Login, logout, who am I, and the users page. */
  readonly routes: FakeRoutes;
  /** Routes as a real server has them: without a session only the entrance is open. */
  guarded(routes: FakeRoutes): FakeRoutes;
}

const password = 'seaworthy-demo-2026';
const pageSize = 10;

/**
 * The accounts of an application in memory, and the one browser that uses it.
 *
 * @param signedIn the role of who is signed in from the start; nobody when left out
 */
export function fakeAccounts(people: readonly FakePerson[], signedIn?: string): FakeAccounts {
  const accounts: FakeAccount[] = people.map((person, index) => ({
    ...person,
    active: true,
    createdAt: new Date(Date.UTC(2025, index, 14, 9)).toISOString(),
  }));
  let userId = accounts.find(({ role }) => role === signedIn)?.id;
  const user = () => accounts.find(({ id, active }) => id === userId && active);

  function enter(account: FakeAccount): FakeAnswer {
    userId = account.id;
    const { id, name, email, role } = account;
    const headers = { 'set-cookie': 'session=fake; HttpOnly; SameSite=Lax; Path=/' };
    return { status: 200, body: { user: { id, name, email, role } }, headers };
  }

  function add(person: Omit<FakePerson, 'id'>): FakeAccount {
    const account = {
      ...person,
      id: `u${accounts.length + 1}`,
      active: true,
      createdAt: new Date().toISOString(),
    };
    accounts.push(account);
    return account;
  }

  function list({ query }: FakeRequest): FakeAnswer {
    const search = (query.get('search') ?? '').toLowerCase();
    const status = query.get('status');
    const page = Number(query.get('page') ?? 1);
    const found = accounts
      .filter(({ name, email }) => `${name} ${email}`.toLowerCase().includes(search))
      .filter(({ active }) => status === null || active === (status === 'active'))
      .toSorted((a, b) => a.name.localeCompare(b.name));
    const users = found.slice((page - 1) * pageSize, page * pageSize);
    return { status: 200, body: { users, page, pageSize, total: found.length } };
  }

  function change({ params, body }: FakeRequest): FakeAnswer {
    const account = accounts.find(({ id }) => id === params.id);
    if (account === undefined) return problem(404, 'USER_NOT_FOUND', 'There is no such account.');
    const admins = accounts.filter(({ role, active }) => role === 'admin' && active);
    const stays = (body.role ?? account.role) === 'admin' && (body.active ?? account.active) === true;
    if (admins.length === 1 && admins[0] === account && !stays) {
      return problem(
        409,
        'LAST_ADMIN',
        'This is the last administrator. Make somebody else an administrator first.',
      );
    }
    Object.assign(account, body);
    return { status: 200, body: { user: account } };
  }

  const administered = (handle: (request: FakeRequest) => FakeAnswer) => (request: FakeRequest) =>
    user()?.role === 'admin' ? handle(request) : problem(403, 'FORBIDDEN', 'Your role does not allow this.');

  return {
    user,
    register: (person) => ({ ...enter(add(person)), status: 201 }),
    routes: {
      'POST /auth/login': ({ body }) => {
        const known = accounts.find(({ email }) => body.password === password && email === body.email);
        if (known === undefined) {
          userId = undefined;
          return problem(401, 'INVALID_CREDENTIALS', 'The e-mail address or the password is not right.');
        }
        return known.active
          ? enter(known)
          : problem(
              403,
              'ACCOUNT_DEACTIVATED',
              'Your account is deactivated. Ask an administrator to reactivate it.',
            );
      },
      'POST /auth/logout': () => {
        userId = undefined;
        return { status: 204 };
      },
      'GET /me': () => ({ status: 200, body: { user: user() } }),
      'GET /users': administered(list),
      'PATCH /users/:id': administered(change),
      'POST /users': administered(({ body }) => {
        if (accounts.some(({ email }) => email === body.email)) {
          return problem(409, 'EMAIL_TAKEN', 'There is an account with this e-mail address.', [
            { path: 'email', message: 'There is an account with this address.' },
          ]);
        }
        const made = add({ name: String(body.name), email: String(body.email), role: String(body.role) });
        return { status: 201, body: { user: made, password: 'Kq7-first_pass-2x' } };
      }),
    },
    guarded: (routes) =>
      Object.fromEntries(
        Object.entries(routes).map(([key, handle]) => [
          key,
          (request: FakeRequest) =>
            user() === undefined && !/ \/auth\//.test(key)
              ? problem(401, 'NOT_LOGGED_IN', 'Log in to continue.')
              : handle(request),
        ]),
      ),
  };
}
