// Loads every entry by require() and by import() in one process: both must be the same, or state would be kept twice.
const assert = require('node:assert/strict');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { createServer } = require('node:http');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/** `@seaworthy/…` entries, as the test read them from the export maps. */
const entries = process.argv.slice(2);

async function main() {
  for (const entry of entries) {
    const required = require(entry);
    const imported = await import(entry);
    const names = Object.keys(required);
    assert.deepEqual(names, Object.keys(imported));
    for (const name of names) assert.equal(required[name], imported[name], `${entry} ${name}`);
    assert.notEqual(names.length, 0);
    console.log(entry);
  }
  await recognisesErrorsOfTheOtherHalf();
  await serves();
}

/** Errors thrown by what was required are known to what was imported, and the reverse, across packages. */
async function recognisesErrorsOfTheOtherHalf() {
  const required = require('@seaworthy/contracts');
  const imported = await import('@seaworthy/contracts');
  assert.equal(required.Secret, imported.Secret);
  assert.equal(required.processEvents(), imported.processEvents());

  const fromRequire = thrownBy(() => require('@seaworthy/security').createSecurity({ header: {} }));
  assert.ok(imported.OptionsError.is(fromRequire) && fromRequire instanceof imported.OptionsError);
  const { createSecurity } = await import('@seaworthy/security');
  assert.ok(required.OptionsError.is(thrownBy(() => createSecurity({ header: {} }))));

  // config carries a copy of the parts of contracts that it uses: brands, not classes, make these known.
  const { defineConfig, env } = require('@seaworthy/config');
  const schema = defineConfig({ fields: { API_KEY: env.string().secret({ minBytes: 4 }) } });
  const fromConfig = thrownBy(() => schema.load({ env: {} }));
  assert.ok(imported.SeaworthyError.is(fromConfig) && required.SeaworthyError.is(fromConfig));
  assert.ok(imported.Secret.is(schema.load({ env: { APP_ENV: 'test', API_KEY: 'vq7x2' } }).API_KEY));
  console.log('errors and secrets are recognised');
}

/** A service as CommonJS code writes it. */
async function serves() {
  const express = require('express');
  const { createHealth } = require('@seaworthy/health');
  const { healthEndpoints } = require('@seaworthy/health/express');
  const { createLogger, file } = require('@seaworthy/logging');
  const { requestLog } = require('@seaworthy/logging/express');
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-consumer-'));
  const log = join(folder, 'service.log');
  const logger = createLogger({ service: 'cjs', environment: 'test', sinks: [file(log)], process: false });
  const health = createHealth({ signals: false });
  const app = express();
  app.use(requestLog(logger), healthEndpoints(health));
  app.get('/hello', (_request, response) => response.send('hello'));
  const server = health.serve(createServer(app));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  assert.equal(await (await fetch(`${url}/hello`)).text(), 'hello');
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  await health.close();
  await logger.close();
  assert.match(readFileSync(log, 'utf8'), /"Request completed"/);
  rmSync(folder, { recursive: true });
  console.log('serves');
}

function thrownBy(work) {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
