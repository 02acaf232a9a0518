import assert from 'node:assert/strict';
import { file } from '@seaworthy/logging';
import { secure as expressSecure } from '@seaworthy/security/express';
import { createService } from '@seaworthy/service';
import express from 'express';
import { logFile, schema, sources, used } from './setting.mjs';

await used('service', async () => {
  const closed = [];
  const service = await createService({
    name: 'consumer',
    version: '1.0.0',
    config: schema,
    sources,
    signals: false,
    logging: () => ({ sinks: [file(logFile)] }),
  })
    .resource('adder', () => ({ add: (a, b) => a + b, close: async () => closed.push('adder') }))
    .security(() => ({ headers: { profile: 'api' } }))
    .http(
      ({ adder, security }) => {
        const app = express();
        app.use(expressSecure(security));
        app.get('/sum', (_request, response) => response.json({ sum: adder.add(1, 1) }));
        return app;
      },
      ({ config }) => ({ port: config.PORT }),
    )
    .start();
  assert.deepEqual(await (await fetch(`${service.url}/sum`)).json(), { sum: 2 });
  await service.close();
  assert.deepEqual(closed, ['adder']);
});
