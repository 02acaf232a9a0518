import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { step, yellow } from './terminal.mjs';
import { root } from './workspace.mjs';

/** Every engine that some test starts. */
const all = /** @type {const} */ ([
  'postgres',
  'mysql',
  'redis',
  'pgbouncer',
  'nginx',
  'haproxy',
  'chromium',
  'age',
  'openssl',
  'prometheus',
  'sqlmap',
  'wapiti',
  'sslscan',
  'h2load',
  'pebble',
  'certbot',
]);

/**
 * Looks for the servers that tests and the demo start, and installs the missing ones where that is possible. What cannot
 * be had is said; the tests that need it then skip aloud, or fail under CI=true.
 *
 * @param {readonly string[]} [engines]
 * @returns {Promise<boolean>} whether all are there
 */
export async function ensureServers(engines = all) {
  const { ensureInstalled } = await import(
    pathToFileURL(join(root, 'packages/testkit/dist/servers.js')).href
  );
  try {
    await step(`Looking for ${engines.join(', ')}`, () => ensureInstalled(engines));
    return true;
  } catch (error) {
    // Its message says what to install; where it was thrown helps nobody.
    process.stderr.write(`${yellow('Not available:')} ${error instanceof Error ? error.message : error}\n`);
    return false;
  }
}
