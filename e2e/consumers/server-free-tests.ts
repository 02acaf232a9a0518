import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const needsServer =
  /\b(?:describeWith|createTestDatabase|sharedRedis|startPostgres|startMariadb|startRedis|startPgBouncer|startNginx|startHaproxy|ensureInstalled)\w*\b/;

/** Test files of a package that no server is needed for, also not by what they import from beside them. */
export function serverFreeTests(packageFolder: string): string[] {
  return readdirSync(join(packageFolder, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(packageFolder, 'test', file))
    .filter((file) => !reachesServer(file, new Set()))
    .sort();
}

function reachesServer(file: string, seen: Set<string>): boolean {
  if (seen.has(file) || !existsSync(file)) return false;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  if (needsServer.test(text)) return true;
  const beside = [...text.matchAll(/from '(\.[^']+)'/g)].map(([, path = '']) => resolve(dirname(file), path));
  return beside.some((path) => reachesServer(path.replace(/\.js$/, '.ts'), seen));
}
