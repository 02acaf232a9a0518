import { type QueryRunner, type Sql, sql } from '@seaworthy/db-pool';
import { containing, pageSize } from '../list-query.js';
import type { Account, AccountFilter, AccountPage } from './account.js';

interface Row<Role extends string> {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role | 'admin';
  readonly deactivatedAt: Date | null;
  readonly createdAt: Date;
}

/** Accounts of the table `users`, in words that PostgreSQL and MariaDB both read. */
export async function accountsWhere<Role extends string>(
  db: QueryRunner,
  rest: Sql,
): Promise<readonly Account<Role>[]> {
  const rows = await db.many<Row<Role>>(sql`
    select
      u.id, u.email, u.name, u.role, u.deactivated_at as "deactivatedAt", u.created_at as "createdAt"
    from users u ${rest}`);
  return rows.map(({ deactivatedAt, createdAt, ...account }) => ({
    ...account,
    active: deactivatedAt === null,
    createdAt: createdAt.toISOString(),
  }));
}

/** One page of the accounts that a filter lets through, by name. */
export async function listAccounts<Role extends string>(
  db: QueryRunner,
  { search, status, page }: AccountFilter,
): Promise<AccountPage<Role>> {
  const pattern = containing((search ?? '').trim().toLowerCase());
  const known =
    status === undefined
      ? sql``
      : status === 'active'
        ? sql`and u.deactivated_at is null`
        : sql`and u.deactivated_at is not null`;
  const where = sql`where (lower(u.name) like ${pattern} or u.email like ${pattern}) ${known}`;
  // A count is text, a bigint or a number, by the engine.
  const { total } = await db.one<{ total: unknown }>(sql`select count(*) as total from users u ${where}`);
  const users = await accountsWhere<Role>(
    db,
    sql`${where} order by u.name, u.id limit ${pageSize} offset ${(page - 1) * pageSize}`,
  );
  return { users, page, pageSize, total: Number(total) };
}
