import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeWith, findProgram, spawnNode } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { tempFolder } from '../support/temp-folder.js';
import { startVault } from '../support/vault-server.js';

const script = `
  import { defineConfig, env } from '@seaworthy/config';
  import { vault } from '@seaworthy/config/vault';
  const schema = defineConfig({ fields: { KEY: env.string().secret() } });
  const config = await schema.loadAsyncOrExit({ sources: [vault({ path: 'orders', attempts: 1 })] });
  console.log(schema.explain(config));
`;

describeWith(['openssl'], 'Vault over TLS', () => {
  function certificate(): { readonly key: string; readonly cert: string } {
    const folder = tempFolder();
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
    ];
    const names = ['-subj', '/CN=vault', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync(findProgram('openssl') ?? '', [...request, ...names, '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    });
    return { key, cert };
  }

  async function run(variables: Record<string, string>) {
    await using child = spawnNode('--', {
      nodeOptions: ['--input-type=module', '-e', script],
      env: { APP_ENV: 'production', ...variables },
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    });
    const { code } = await child.exited;
    return { code, stdout: child.stdout, stderr: child.stderr };
  }

  test('is refused with a certificate that nobody vouches for, and read with one that NODE_EXTRA_CA_CERTS does', async () => {
    const { key, cert } = certificate();
    const server = await startVault({
      tls: { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') },
    });
    server.write('orders', { KEY: 'k7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue' });
    const variables = { VAULT_ADDR: server.address, VAULT_TOKEN: server.issueToken() };

    const refused = await run(variables);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('vault could not be reached (DEPTH_ZERO_SELF_SIGNED_CERT), tried once');
    expect(server.log).toEqual([]);

    const read = await run({ ...variables, NODE_EXTRA_CA_CERTS: cert });
    expect(read).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('vault secret/orders, key KEY, version 1'),
    });
  });
});
