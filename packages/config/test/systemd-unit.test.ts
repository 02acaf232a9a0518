import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram, spawnNode } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { tempFolder } from './support/temp-folder.js';

const analyze = findProgram('systemd-analyze');

/** The example of the docs, with programs and files of this machine in place of the service's. */
function unitOfTheDocs(folder: string): string {
  const page = readFileSync(
    fileURLToPath(new URL('../../../docs/packages/config.md', import.meta.url)),
    'utf8',
  );
  const [, unit = ''] = /```ini\n([\s\S]*?)```/.exec(page) ?? [];
  return unit
    .replace(/ExecStart=\S+ \S+/, `ExecStart=${process.execPath} ${join(folder, 'main.mjs')}`)
    .replaceAll('/etc/orders/', `${folder}/`);
}

test.skipIf(analyze === undefined && process.env.CI !== 'true')(
  '[row 13] the unit of the docs with LoadCredential passes systemd-analyze verify, and a service reads what systemd puts there',
  async () => {
    const folder = tempFolder();
    const credentials = join(folder, 'credentials');
    const unit = join(folder, 'orders.service');
    const text = unitOfTheDocs(folder);
    writeFileSync(unit, text);
    writeFileSync(join(folder, 'main.mjs'), '');
    const verified = spawnSync(analyze ?? '', ['verify', '--man=no', unit], { encoding: 'utf8' });
    // It verifies the units that this one needs as well; what it says about ours names our file.
    expect([verified.status, verified.stderr.split('\n').filter((line) => line.includes('orders'))]).toEqual([
      0,
      [],
    ]);

    // What systemd does with each LoadCredential=NAME:PATH: a file of mode 0400 in a folder of mode 0500.
    const names = [...text.matchAll(/^LoadCredential=([^:]+):/gm)].map(([, name = '']) => name);
    expect(names).toEqual(['database-url', 'jwt-secret']);
    mkdirSync(credentials);
    writeFileSync(join(credentials, 'database-url'), 'postgres://orders:k7Qp2xVb9LmZ@db/orders\n', {
      mode: 0o400,
    });
    writeFileSync(join(credentials, 'jwt-secret'), 'k7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue\n', { mode: 0o400 });
    chmodSync(credentials, 0o500);
    const script = `
      import { defineConfig, env, sources } from '@seaworthy/config';
      const schema = defineConfig({
        fields: { DATABASE_URL: env.url({ protocols: ['postgres:'] }).secret(), JWT_SECRET: env.string().secret() },
      });
      const config = schema.loadOrExit({ sources: [sources.env(), sources.systemdCredentials()] });
      console.log(schema.explain(config), config.JWT_SECRET.reveal().length);
    `;
    await using app = spawnNode('--', {
      nodeOptions: ['--input-type=module', '-e', script],
      env: { APP_ENV: 'production', CREDENTIALS_DIRECTORY: credentials },
      cwd: fileURLToPath(new URL('..', import.meta.url)),
    });
    expect(await app.exited).toEqual({ code: 0, signal: null });
    expect(app.stdout).toContain('DATABASE_URL  secret  $CREDENTIALS_DIRECTORY/database-url\n');
    expect(app.stdout).toContain('JWT_SECRET    secret  $CREDENTIALS_DIRECTORY/jwt-secret\n 32');
  },
);
