import { randomBytes } from 'node:crypto';
import { mariadbQuery } from './mariadb.js';
import { postgresQuery } from './postgres.js';
import { secretToken } from './secret-token.js';
import { sharedServer } from './shared-server.js';

/** An empty database on the run's shared server, with a user of its own. */
export interface TestDatabase extends AsyncDisposable {
  /** The database's owner: every right on it, none beside it. */
  readonly url: string;
  /** The server's superuser, on the same database. For set-up that an application would not do. */
  readonly adminUrl: string;
  readonly name: string;
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  /** Cuts its connections and removes it with its user. Without it, both go with the run. */
  drop(): Promise<void>;
}

/**
 * Creates an empty database for one test file: other files never see its tables. It costs some 50 ms.
 *
 * Do not kill, freeze or reconfigure the server behind it; `startPostgres` and `startMariadb` give one for that.
 *
 * @throws ServerUnavailable when the engine is not installed and cannot be.
 *
 * @example
 * const database = await createTestDatabase('postgres');
 * const pool = new pg.Pool({ connectionString: database.url });
 */
export async function createTestDatabase(engine: 'postgres' | 'mysql'): Promise<TestDatabase> {
  const { url } = await sharedServer(engine);
  // Letters and digits only: an underscore is a wildcard in MySQL's GRANT.
  const name = `t${randomBytes(6).toString('hex')}`;
  const password = secretToken();
  const { create, drop } = statements[engine](name, password);
  const run = (list: readonly string[]): Promise<unknown> =>
    engine === 'postgres' ? postgresQuery(url, list) : mariadbQuery(url, list);
  await run(create);

  const adminUrl = new URL(url);
  adminUrl.pathname = `/${name}`;
  const ownerUrl = new URL(adminUrl);
  ownerUrl.username = name;
  ownerUrl.password = password;
  let dropped: Promise<unknown> | undefined;
  const dropOnce = async (): Promise<void> => {
    dropped ??= run(drop);
    await dropped;
  };
  return {
    url: ownerUrl.href,
    adminUrl: adminUrl.href,
    name,
    user: name,
    password,
    host: ownerUrl.hostname,
    port: Number(ownerUrl.port || (engine === 'postgres' ? 5432 : 3306)),
    drop: dropOnce,
    [Symbol.asyncDispose]: dropOnce,
  };
}

interface Statements {
  readonly create: readonly string[];
  readonly drop: readonly string[];
}

const statements: Readonly<Record<'postgres' | 'mysql', (name: string, password: string) => Statements>> = {
  postgres: (name, password) => ({
    create: [
      `create role ${name} login password '${password}'`,
      `create database ${name} owner ${name} template template0 encoding 'UTF8'`,
      `revoke all on database ${name} from public`,
    ],
    drop: [`drop database if exists ${name} with (force)`, `drop role if exists ${name}`],
  }),
  mysql: (name, password) => ({
    create: [
      `create database ${name} character set utf8mb4`,
      `create user '${name}'@'%' identified by '${password}'`,
      `grant all privileges on ${name}.* to '${name}'@'%'`,
    ],
    drop: [`drop user if exists '${name}'@'%'`, `drop database if exists ${name}`],
  }),
};
