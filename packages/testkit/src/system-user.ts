import { readFileSync } from 'node:fs';

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Who a server runs as: the first of `names` that exists on this machine, when we are root (PostgreSQL refuses root, and
 * the others should not have it); ourselves otherwise, which is `undefined`.
 */
export function serverUser(...names: readonly string[]): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name = '', , uid, gid]) => [name, { name, uid: Number(uid), gid: Number(gid) }]),
  );
  for (const name of [...names, 'nobody']) {
    const account = accounts.get(name);
    if (account !== undefined) return account;
  }
  throw new Error(
    'Running as root, and there is no unprivileged user to run servers as: /etc/passwd has no "nobody".',
  );
}
