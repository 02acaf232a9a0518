import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A negative number ends before it begins, which is expired. */
const daysOf: Readonly<Record<string, number>> = { valid: 1, expired: -1 };

export interface Certificate {
  readonly certPath: string;
  readonly keyPath: string;
}

export interface Authority extends AsyncDisposable {
  /** PEM. */
  readonly ca: string;
  readonly caPath: string;
  readonly folder: string;
  /** A server's certificate for these names, such as `DNS:localhost` and `IP:127.0.0.1`; for a day, or as many days as are said. */
  issue(name: string, subjectAltName: string, validity?: 'valid' | 'expired' | number): Promise<Certificate>;
}

/**
 * Makes an authority of its own with openssl, in a folder that every user may read: the servers run as other ones.
 *
 * @example
 * await using authority = await createAuthority();
 * const { certPath, keyPath } = await authority.issue('redis', 'DNS:localhost');
 */
export async function createAuthority(): Promise<Authority> {
  const folder = await mkdtemp(join(tmpdir(), 'seaworthy-ca-'));
  await chmod(folder, 0o755);
  const path = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]) => run('openssl', [...args]);
  await openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', path('ca.key'), '-out', path('ca.pem'), '-days', '2', '-subj', '/CN=test authority'],
  );
  return {
    ca: await readFile(path('ca.pem'), 'utf8'),
    caPath: path('ca.pem'),
    folder,
    async issue(name, subjectAltName, validity = 'valid') {
      const [keyPath, certPath] = [path(`${name}.key`), path(`${name}.pem`)];
      await openssl(
        ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-keyout', keyPath, '-out', path(`${name}.csr`), '-subj', `/CN=${name}`],
      );
      await writeFile(path(`${name}.ext`), `subjectAltName=${subjectAltName}\n`);
      await openssl(
        ...['x509', '-req', '-in', path(`${name}.csr`), '-CA', path('ca.pem'), '-CAkey', path('ca.key')],
        ...['-CAcreateserial', '-days', String(daysOf[validity] ?? validity)],
        ...['-out', certPath, '-extfile', path(`${name}.ext`)],
      );
      return { certPath, keyPath };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
