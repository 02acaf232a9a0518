import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import winston from 'winston';
import { createAuditLog } from '../src/audit/index.js';
import { createLogger, file, withContext } from '../src/index.js';
import { canaryCorpus } from './support/canary-corpus.js';
import { memorySink } from './support/memory-sink.js';
import { tempFolder } from './support/temp-folder.js';

describe.each([true, false])('of more than a hundred canaries (direct: %s)', (direct) => {
  test('[row 85] none reaches a file, a custom sink, a winston transport or a stream', async () => {
    const folder = tempFolder();
    const { canaries, calls } = canaryCorpus();
    expect(canaries.length).toBeGreaterThan(100);
    const sink = memorySink();
    const log = createLogger({
      service: 'shop',
      environment: 'test',
      process: false,
      direct,
      sinks: [sink, file(join(folder, 'ours.log'))],
    });
    log.add(new winston.transports.File({ filename: join(folder, 'json.log') }));
    log.add(
      new winston.transports.File({ filename: join(folder, 'simple.log'), format: winston.format.simple() }),
    );
    const pretty = winston.format.prettyPrint({ depth: 20 });
    log.add(new winston.transports.File({ filename: join(folder, 'pretty.log'), format: pretty }));
    for (const [message, ...rest] of calls) log.info(message as string, ...rest);
    const [, fields = {}] = calls[0] ?? [];
    log.child(fields as object).info('child');
    withContext(fields as Record<string, unknown>, () => log.info('context'));
    await log.close();
    expect(sink.texts).toHaveLength(calls.length + 2);
    for (const name of ['ours.log', 'json.log', 'simple.log', 'pretty.log']) {
      const text = readFileSync(join(folder, name), 'utf8');
      expect(text.length).toBeGreaterThan(5_000);
      expect(canaries.filter((canary) => text.includes(canary))).toEqual([]);
    }
    expect(canaries.filter((canary) => sink.texts.join('').includes(canary))).toEqual([]);
    const redacted = JSON.stringify(calls.map((call) => log.redactor.redact(call)));
    expect(canaries.filter((canary) => redacted.includes(canary))).toEqual([]);
  });
});

test('[row 85] none of them reaches an audit log, but for addresses of people, whom it has to name', async () => {
  const folder = tempFolder();
  const { canaries, calls } = canaryCorpus();
  const key = generateKeyPairSync('ed25519').privateKey;
  const audit = await createAuditLog({ folder, key, environment: 'test' });
  for (const [message, ...rest] of calls) {
    const action = typeof message === 'string' ? message : 'secret';
    await audit.record({
      ...{ action, outcome: 'success', actor: { id: 1, session: rest } },
      ...{ target: { message }, changes: { row: { from: null, to: rest } }, details: { message, rest } },
    });
  }
  await audit.close();
  const [name = ''] = readdirSync(folder).filter((each) => each.endsWith('.jsonl'));
  const text = readFileSync(join(folder, name), 'utf8');
  expect(text.split('"type":"event"')).toHaveLength(calls.length + 1);
  const shown = canaries.filter((canary) => text.includes(canary));
  expect(shown.every((canary) => new RegExp(`${canary}(@|%40)example\\.test`).test(text))).toBe(true);
  expect(shown).toHaveLength(2);
});
