import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '@seaworthy/contracts';
import { describe, expect, test } from 'vitest';
import winston from 'winston';
import { createLogger, file, withContext } from '../src/index.js';
import { memorySink } from './support/memory-sink.js';
import { tempFolder } from './support/temp-folder.js';

const names = [
  ...[
    'password',
    'newPassword',
    'passwd',
    'passphrase',
    'token',
    'access_token',
    'refreshToken',
    'X-Auth-Token',
  ],
  ...['authorization', 'Proxy-Authorization', 'cookie', 'Set-Cookie', 'secret', 'clientSecret', 'JWT_SECRET'],
  ...[
    'apiKey',
    'x-api-key',
    'privateKey',
    'accessKeyId',
    'credentials',
    'sessionId',
    'jwt',
    'otp',
    'cvv',
    'cardNumber',
  ],
];

/** Every way in which something secret comes to a logger here. Each canary is used once. */
function corpus(): {
  readonly canaries: readonly string[];
  readonly calls: ReadonlyArray<readonly unknown[]>;
} {
  const canaries: string[] = [];
  const canary = (): string => {
    const text = `canary-${String(canaries.length).padStart(3, '0')}`;
    canaries.push(text);
    return text;
  };
  const calls: Array<readonly unknown[]> = [];
  for (const name of names) {
    calls.push(['field', { [name]: canary() }]);
    calls.push(['deep', { request: { body: [{ user: { [name]: { inner: canary() } } }] } }]);
    calls.push([`GET /a?x=1&${name}=${canary()} HTTP/1.1`]);
    calls.push(['body', { body: `{"user":"ada","${name}":"${canary()}"}` }]);
  }
  calls.push(['headers', { headers: new Map([['authorization', `Bearer ${canary()}`]]) }]);
  calls.push(['headers', { rawHeaders: ['Authorization', `Bearer ${canary()}`] }]);
  calls.push(['entries', { headers: [['cookie', canary()]] }]);
  calls.push(['error', new Error(`connect postgres://app:${canary()}@db/kpi`)]);
  calls.push([
    'error',
    new Error('outer', { cause: Object.assign(new Error('inner'), { config: { token: canary() } }) }),
  ]);
  calls.push(['error', { err: new AggregateError([new Error(`failed: ?token=${canary()}`)], 'all') }]);
  calls.push(['sql', { error: new Error(`syntax error in "... password='${canary()}' ..."`) }]);
  calls.push(['secret', { key: new Secret('KEY', canary()), list: [new Secret('KEY', canary())] }]);
  calls.push([new Secret('KEY', canary())]);
  calls.push(['arguments', 1, { token: canary() }, [{ password: canary() }]]);
  // By their looks alone, wherever they stand.
  calls.push([`sent Bearer ${canary()}-12345 on`]);
  calls.push(['mail', { note: `write to ${canary()}@example.test or c/o ${canary()}%40example.test` }]);
  calls.push(['key', { pem: `-----BEGIN PRIVATE KEY-----\n${canary()}\n-----END PRIVATE KEY-----` }]);
  calls.push(['key', { lines: [`-----BEGIN EC PRIVATE KEY-----\\n${canary()}`] }]);
  calls.push(['jwt', { note: `eyJhbGciOiJIUzI1NiJ9.${canary()}.${canary()}` }]);
  calls.push([
    'sql',
    { sql: `update u set password = '${canary()}', name = 'x' where token = '${canary()}'` },
  ]);
  calls.push([
    'sql',
    Object.assign(new Error('duplicate'), { detail: `Key (api_key)=(${canary()}) already exists.` }),
  ]);
  calls.push(['sql', Object.assign(new Error('failed'), { parameters: [canary(), canary()] })]);
  calls.push([`GET /login?next=/cb?token=${canary()} and /login?next=%2Fcb%3Ftoken%3D${canary()}`]);
  return { canaries, calls };
}

describe.each([true, false])('of more than a hundred canaries (direct: %s)', (direct) => {
  test('none reaches a file, a custom sink, a winston transport or a stream', async () => {
    const folder = tempFolder();
    const { canaries, calls } = corpus();
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
