import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@elastic/elasticsearch';
import { FluentClient } from '@fluent-org/logger';
import { waitFor } from '@seaworthy/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../src/index.js';
import { elasticsearch, forward, shipping } from '../../src/shipping/index.js';
import { bulkReceiver } from '../support/bulk-receiver.js';
import { canaryCorpus } from '../support/canary-corpus.js';
import { forwardReceiver } from '../support/forward-receiver.js';
import { tempFolder } from '../support/temp-folder.js';

test('[row 85] of more than a hundred canaries none reaches a bulk receiver, a forward receiver, a spool or its dead letters', async () => {
  const [folder, bulk, forwarded] = [tempFolder(), await bulkReceiver(), await forwardReceiver()];
  bulk.mode = 503; // so that all of it stands in the spool first
  bulk.item = ({ message }) =>
    message === 'headers' || message === 'sql'
      ? { status: 400, type: 'document_parsing_exception', reason: 'no' }
      : undefined;
  const client = new Client({ node: bulk.url });
  onTestFinished(() => client.close());
  const quick = { linger: '1ms', maxRetryDelay: '10ms' } as const;
  const byBulk = shipping(join(folder, 'bulk'), elasticsearch(client, { index: 'kpi-logs' }), quick);
  const byForward = shipping(
    join(folder, 'forward'),
    forward({
      tag: 'app.logs',
      connect: (settings) =>
        new FluentClient(null, {
          ...settings,
          socket: { ...settings.socket, host: '127.0.0.1', port: forwarded.port },
        }),
    }),
    quick,
  );
  const log = createLogger({
    service: 'shop',
    environment: 'test',
    process: false,
    sinks: [byBulk, byForward],
  });
  const { canaries, calls } = canaryCorpus();
  expect(canaries.length).toBeGreaterThan(100);
  for (const [message, ...rest] of calls) log.info(message as string, ...rest);
  await waitFor(() => byBulk.stats().retries > 0, { what: 'a refusal' });
  const spooled = textsIn(join(folder, 'bulk'));
  bulk.mode = 'answer';
  await waitFor(() => byBulk.stats().waiting + byForward.stats().waiting === 0, {
    what: 'all to be delivered',
  });
  await log.close();
  const texts = {
    spooled,
    bulk: bulk.body,
    deadLetters: readFileSync(join(folder, 'bulk', 'dead-letters.ndjson'), 'utf8'),
    forward: JSON.stringify(forwarded.events),
  };
  for (const [where, text] of Object.entries(texts)) {
    expect(text.length, where).toBeGreaterThan(1_000);
    expect(
      canaries.filter((canary) => text.includes(canary)),
      where,
    ).toEqual([]);
  }
  expect(bulk.stored.length + byBulk.stats().deadLetters).toBeGreaterThanOrEqual(calls.length);
  expect(forwarded.events.length).toBeGreaterThanOrEqual(calls.length);
});

function textsIn(folder: string): string {
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('');
}
