import { Secret } from '@seaworthy/contracts';
import { size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../src/index.js';

const redactor = createRedactor();

describe('secret names', () => {
  test.each([
    ...['password', 'Password', 'PASSWORD', 'userPassword', 'password_hash', 'DB_PASSWORD', 'passwd', 'pwd'],
    ...['token', 'accessToken', 'refresh_token', 'X-Auth-Token', 'tokens', 'passwordResetToken'],
    ...['authorization', 'Authorization', 'proxy-authorization', 'cookie', 'Set-Cookie', 'cookies'],
    ...[
      'secret',
      'clientSecret',
      'JWT_SECRET',
      'apiKey',
      'api_key',
      'X-API-Key',
      'privateKey',
      'accessKeyId',
    ],
    ...[
      'credential',
      'credentials',
      'sessionId',
      'session_id',
      'sid',
      'jwt',
      'otp',
      'pin',
      'cvv',
      'cvc',
      'ssn',
    ],
    ...[
      'cardNumber',
      'credit_card',
      'connectionString',
      'DATABASE_URL',
      'redisUrl',
      'dsn',
      'csrfToken',
      'rawHeaders',
    ],
  ])('%s is one, at any depth', (name) => {
    expect(redactor.redact({ [name]: 'canary' })).toEqual({ [name]: '[redacted]' });
    expect(redactor.redact([{ a: { b: [{ [name]: { c: 'canary' } }] } }])).toEqual([
      { a: { b: [{ [name]: '[redacted]' }] } },
    ]);
  });

  test.each([
    'tokenCount',
    'maxTokensUsed',
    'author',
    'pinned',
    'option',
    'description',
    'passenger',
    'key',
    'code',
    'status',
  ])('%s is none', (name) => {
    expect(redactor.redact({ [name]: 'shown' })).toEqual({ [name]: 'shown' });
  });

  test('a yes, a no and a nothing stay, because they give nothing away', () => {
    const value = { hasPassword: true, token: null, cookie: false };
    expect(redactor.redact(value)).toEqual(value);
    expect(redactor.redact({ pin: 0, password: '', token: 12n })).toEqual({
      pin: '[redacted]',
      password: '[redacted]',
      token: '[redacted]',
    });
  });

  test('a service adds its own, allows others and chooses the replacement', () => {
    const own = createRedactor({ keys: ['nationalId'], allow: ['cookieConsent'], replacement: '***' });
    expect(own.redact({ national_id: '1', cookieConsent: 'all', password: '2' })).toEqual({
      national_id: '***',
      cookieConsent: 'all',
      password: '***',
    });
    expect(own.redactText('?nationalId=1&cookieConsent=all')).toBe('?nationalId=***&cookieConsent=all');
  });
});

describe('containers', () => {
  test.each([
    ['{"password":{"inner":"canary"},"b":1}', '{"password":"[redacted]","b":1}'],
    ['{"a":{"tokens":["canary",{"x":"can]ary}"}],"b":[1]}}', '{"a":{"tokens":"[redacted]","b":[1]}}'],
    ['{"token" : {"a":"\\"}canary"}, "user":{"id":1}}', '{"token" : "[redacted]", "user":{"id":1}}'],
    [
      '{"body":"{\\"secret\\":{\\"a\\":\\"canary\\\\\\\\\\"}}","b":1}',
      '{"body":"{\\"secret\\":\\"[redacted]\\"}","b":1}',
    ],
    ['cut off: {"cookie":["canary', 'cut off: {"cookie":"[redacted]"'],
    ['{"users":[{"name":"ada"}],"page":{"size":10}}', '{"users":[{"name":"ada"}],"page":{"size":10}}'],
  ])('objects and lists under a secret name in JSON in a text: %s', (text, expected) => {
    expect(createRedactor().redactText(text)).toBe(expected);
  });

  test('maps, header entries, class instances, errors and what toJSON returns are searched', () => {
    class Login {
      readonly password = 'canary';
    }
    const error = Object.assign(new Error('failed with password=canary'), {
      config: { headers: { Authorization: 'canary' } },
    });
    const redacted = redactor.redact({
      map: new Map([['token', 'canary']]),
      entries: [
        ['authorization', 'canary'],
        ['accept', 'shown'],
      ],
      odd: new Map<unknown, unknown>([
        [1, 'shown'],
        ['cookie', 'canary'],
      ]),
      login: new Login(),
      error,
      model: { toJSON: () => ({ apiKey: 'canary' }) },
      secret: new Secret('KEY', 'canary'),
      inside: [new Secret('KEY', 'canary')],
    });
    expect(JSON.stringify(redacted)).not.toContain('canary');
    expect(redacted).toMatchObject({
      entries: [
        ['authorization', '[redacted]'],
        ['accept', 'shown'],
      ],
      error: { name: 'Error', message: 'failed with password=[redacted]' },
      inside: ['[secret KEY]'],
    });
  });

  test('the input is not changed, and the copy is plain data', () => {
    const input = Object.freeze({
      password: 'canary',
      at: new Date(0),
      nested: Object.freeze({ token: 'canary' }),
    });
    expect(redactor.redact(input)).toEqual({
      password: '[redacted]',
      at: '1970-01-01T00:00:00.000Z',
      nested: { token: '[redacted]' },
    });
    expect(input.password).toBe('canary');
    expect(redactor.redact(undefined)).toBeUndefined();
    expect(redactor.redact('a?token=canary')).toBe('a?token=[redacted]');
  });
});

describe('text', () => {
  test.each([
    ['GET /reset?token=canary&page=2 HTTP/1.1', 'GET /reset?token=[redacted]&page=2 HTTP/1.1'],
    ['/cb?code=canary&state=s', '/cb?code=[redacted]&state=s'],
    ['/file?sig=canary', '/file?sig=[redacted]'],
    ['/a?user%5Bpassword%5D=canary', '/a?user%5Bpassword%5D=[redacted]'],
    ['/a?%70assword=canary', '/a?%70assword=[redacted]'],
    ['user=ada&password=canary&x=1', 'user=ada&password=[redacted]&x=1'],
    ['host=db password=canary,more<x>#y user=a', 'host=db password=[redacted] user=a'],
    ["host=db password='can ary' user=a", 'host=db password=[redacted] user=a'],
    ['theme=dark; sessionid=canary; a=b', 'theme=dark; sessionid=[redacted]; a=b'],
    [
      'connect to postgres://app:canary@db:5432/kpi failed',
      'connect to postgres://app:[redacted]@db:5432/kpi failed',
    ],
    ['redis://:canary@cache:6379', 'redis://:[redacted]@cache:6379'],
    ['mysql://root:c%40nary@h/x?ssl=1', 'mysql://root:[redacted]@h/x?ssl=1'],
    ['body {"user":"ada","password":"can\\"ary","n":1}', 'body {"user":"ada","password":"[redacted]","n":1}'],
    ['{"pin": 1234, "a": 1}', '{"pin": "[redacted]", "a": 1}'],
    ['{"body":"{\\"token\\":\\"canary\\"}"}', '{"body":"{\\"token\\":\\"[redacted]\\"}"}'],
    ['{"password":"canary and no end', '{"password":"[redacted]"'],
    ['X-Api-Key: canary', 'X-Api-Key: [redacted]'],
    ['sent Cookie: theme=a; connect.sid=s%3Acanary', 'sent Cookie: [redacted]'],
    [
      'GET / HTTP/1.1\r\nauthorization: token canary\r\nHost: a',
      'GET / HTTP/1.1\r\nauthorization: [redacted]\r\nHost: a',
    ],
    ["curl -H 'X-Api-Key: canary' https://a/", "curl -H 'X-Api-Key: [redacted]' https://a/"],
    ['password = canary and password=canary', 'password = [redacted] and password=[redacted]'],
    ['db:\n  password: canary-1\n  port: 1', 'db:\n  password: [redacted]\n  port: 1'],
    ["{ user: 'ada', password: 'can\\'ary', n: 1 }", "{ user: 'ada', password: '[redacted]', n: 1 }"],
    ["{'token': 'canary'}", "{'token': '[redacted]'}"],
    ["{ tokens: [ 'canary', { a: 'can}ary' } ], b: 1 }", '{ tokens: [redacted], b: 1 }'],
    ['mutation { login(password: "canary") }', 'mutation { login(password: "[redacted]") }'],
    ['{"headers":[["a","b"],["cookie","canary"]]}', '{"headers":[["a","b"],["cookie","[redacted]"]]}'],
    ['{"b":"[[\\"token\\",\\"canary\\"]]"}', '{"b":"[[\\"token\\",\\"[redacted]\\"]]"}'],
    ['{"sql":"select $1","params":["canary"]}', '{"sql":"select $1","params":"[redacted]"}'],
    ["ALTER USER app WITH PASSWORD 'can''ary' VALID", "ALTER USER app WITH PASSWORD '[redacted]' VALID"],
    ["create user a identified by 'canary'", "create user a identified by '[redacted]'"],
    ["SET PASSWORD FOR a = PASSWORD('canary')", "SET PASSWORD FOR a = PASSWORD('[redacted]')"],
  ])('%j', (text, expected) => {
    expect(redactor.redactText(text)).toBe(expected);
  });

  test.each([
    'see http://host:8080/a@b',
    'a = b',
    'code=42 key=7',
    'mail @ada or ada@localhost',
    'x=1',
    '{"code":"E1"}',
    'JWT_SECRET: must be at least 32 bytes.',
    'token: Required',
    'if (token === other) token => token',
    'missing ["password","name"]',
    "the user's password isn't 'long'",
    'Error: connect failed: no answer',
  ])('leaves %s alone', (text) => {
    expect(redactor.redactText(text)).toBe(text);
  });

  test('a secret that the bound of a string would halve is recognised whole', () => {
    for (const secret of [
      'postgres://app:canary-canary@host/x',
      '?token=canary-canary',
      '{"token":"canary-canary"}',
    ]) {
      for (let shift = 0; shift <= secret.length; shift += 1) {
        const text = `${' '.repeat(1_048_576 - shift)}${secret}${' '.repeat(4_096)}`;
        expect(String(redactor.redact(text))).not.toMatch(/canary|:can|=can|"can/);
      }
    }
  });

  test('costs time in proportion to its length, whatever it holds', () => {
    // 200 000 units each; a pattern that backtracks would take minutes and run into the test's time limit.
    for (const part of [
      '=',
      'a=',
      "a='",
      '"a":"',
      '\\"a\\":\\"',
      'http://',
      'a://b:',
      '"',
      '\\',
      '%',
      'a.b-c_d[',
      '?&;=',
      'token: ',
      'token: "',
      "token: '\\",
      'token: {',
      'x-token: ',
      'token = ',
      'a.',
      '[["a","',
      '[["a",',
      "password '",
      'identified by ',
    ]) {
      expect(redactor.redactText(part.repeat(200_000 / part.length))).toBeTypeOf('string');
    }
  });

  test('whatever surrounds it, the value of a secret parameter does not come through', () => {
    const value = fc.stringMatching(/^[A-Za-z0-9._~-]{8,40}$/);
    const name = fc.constantFrom('password', 'access_token', 'apiKey', 'X-Secret', 'DB_PASSWORD');
    fc.assert(
      fc.property(fc.string(), name, value, fc.string(), (before, key, secret, after) => {
        const shapes = [
          `?${key}=${secret}&`,
          ` ${key}=${secret} `,
          `{"${key}":"${secret}"}`,
          `x://u:${secret}@h`,
        ];
        for (const shape of shapes) {
          const text = `${before.replaceAll(/[\\"'\w.[\]%-]/g, '')} ${shape} ${after}`;
          expect(redactor.redactText(text).slice(before.length)).not.toContain(secret);
        }
      }),
      { numRuns: size({ test: 500, soak: 200_000 }) },
    );
  });
});
