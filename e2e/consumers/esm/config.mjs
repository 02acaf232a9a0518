import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, defineConfig, env } from '@seaworthy/config';
import { awsSecrets } from '@seaworthy/config/aws';
import { scanBundle } from '@seaworthy/config/tools';
import { vault } from '@seaworthy/config/vault';
import { parseDuration, SeaworthyError, Secret } from '@seaworthy/contracts';
import { folder, nowhere, schema, sources, used, variables } from './setting.mjs';

await used('contracts', () => {
  assert.equal(parseDuration('1m30s'), 90_000);
  assert.equal(`${new Secret('KEY', 'x')}`, '[secret KEY]');
});

await used('config', () => {
  const config = schema.load(sources);
  assert.equal(config.PORT, 0);
  assert.equal(config.REGION, 'eu');
  assert.ok(Secret.is(config.API_KEY));
  assert.throws(
    () => schema.load({ env: {}, cwd: folder }),
    (error) => ConfigError.is(error) && SeaworthyError.is(error) && error.problems.length === 2,
  );
});

await used('config/vault, config/aws, config/tools', async () => {
  const asked = defineConfig({ fields: { API_KEY: env.string().secret() } });
  const client = {
    getSecretValue: async () => ({ SecretString: JSON.stringify({ API_KEY: variables.API_KEY }) }),
  };
  const config = await asked.loadAsync({ sources: [awsSecrets({ client, secretId: 'consumer' })] });
  assert.equal(config.API_KEY.reveal(), variables.API_KEY);
  const down = vault({
    address: `http://${nowhere}`,
    path: 'consumer',
    auth: { method: 'token', token: 'token-canary' },
    timeout: '1s',
  });
  await assert.rejects(
    asked.loadAsync({ sources: [down] }),
    (error) => ConfigError.is(error) && !error.message.includes('token-canary'),
  );
  const bundle = join(folder, 'bundle');
  await mkdir(bundle);
  await writeFile(join(bundle, 'app.js'), `const key = ${JSON.stringify(variables.API_KEY)};`);
  assert.equal((await scanBundle({ folder: bundle, config })).findings.length, 1);
});
