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
    ['postgres://u:pa/canary@host/db', 'postgres://u:[redacted]@host/db'],
    ['redis://u:p?a#canary@b@host/1 failed', 'redis://u:[redacted]@host/1 failed'],
    ["/a?password=it's-canary&b=1", '/a?password=[redacted]&b=1'],
    ['/a#code=canary', '/a#code=[redacted]'],
    ['/a?token=[redacted]canary&p=2', '/a?token=[redacted]&p=2'],
    ['{"pin":1e5,"a":1}', '{"pin":"[redacted]","a":1}'],
    [
      '{"body":"{\\"token\\":\\"a\\\\\\"canary\\"}","b":1}',
      '{"body":"{\\"token\\":\\"[redacted]\\"}","b":1}',
    ],
    ['{"body":"{\\"token\\":\\"cut canary","b":1}', '{"body":"{\\"token\\":\\"[redacted]\\"","b":1}'],
    ['{"password":"canary\\', '{"password":"[redacted]"'],
    ['{"body":"a=1\\npin=canary"}', '{"body":"a=1\\npin=[redacted]"}'],
  ])('%j', (text, expected) => {
    expect(redactor.redactText(text)).toBe(expected);
    expect(redactor.redactText(expected)).toBe(expected);
  });

  test.each([
    [
      'half a surrogate pair',
      '/x?next=\ud800%26token%3Dcanary',
      '/x?next=%EF%BF%BD%26token%3D%5Bredacted%5D',
    ],
    [
      'an escape of Latin-1',
      '/l?next=/b%FCcher%3Ftoken%3Dcanary',
      '/l?next=%2Fb%25FCcher%3Ftoken%3D%5Bredacted%5D',
    ],
    ['one right before the name', '/l?next=b%FC%3Fpin%3Dcanary', '/l?next=b%25FC%3Fpin%3D%5Bredacted%5D'],
    [
      'JSON',
      '/graphql?variables=%7B%22password%22%3A%22canary%22%7D',
      '/graphql?variables=%7B%22password%22%3A%22%5Bredacted%5D%22%7D',
    ],
    ['JSON of a form', 'v=%7B%22pin%22%3A+%22canary%22%7D', 'v=%7B%22pin%22%3A%2B%22%5Bredacted%5D%22%7D'],
    ['SQL', '/q?sql=update+u+set+pin%3D%27canary%27', '/q?sql=update%2Bu%2Bset%2Bpin%3D%5Bredacted%5D'],
    [
      'a URL with a password',
      '/a?to=redis%3A%2F%2F%3Acanary%40h',
      '/a?to=redis%3A%2F%2F%3A%5Bredacted%5D%40h',
    ],
    ['a query twice', 'next=%252Fcb%253Fpin%253Dcanary', 'next=%252Fcb%253Fpin%253D%255Bredacted%255D'],
    ['a name in part', '/l?next=%2Fcb%3Fpin=canary', '/l?next=%2Fcb%3Fpin=[redacted]'],
  ])('finds what a parameter holds encoded: %s', (_what, text, expected) => {
    expect(redactor.redactText(text)).toBe(expected);
    expect(redactor.redact({ text })).toEqual({ text: expected });
    expect(redactor.redactText(expected)).toBe(expected);
  });

  test.each([
    ["password = 'ab\\'canary' and a = 'b'", "password = '[redacted]' and a = 'b'"],
    ["identified by 'a\\'canary'", "identified by '[redacted]'"],
    [
      'create user a identified by "canary" account lock',
      'create user a identified by "[redacted]" account lock',
    ],
    ["identified via ed25519 using 'canary'", "identified via ed25519 using '[redacted]'"],
    ["identified by 'canary' replace 'canary'", "identified by '[redacted]' replace '[redacted]'"],
    ["set password for 'j'@'localhost' = 'canary'", "set password for 'j'@'localhost' = '[redacted]'"],
    ["alter role x password E'canary'", "alter role x password '[redacted]'"],
    ['alter role x password $$canary$$ login', "alter role x password '[redacted]' login"],
    ["password = E'a\\\\canary'", "password = '[redacted]'"],
    ["where token = N'canary' and a = N'b'", "where token = '[redacted]' and a = N'b'"],
    ["token = _utf8mb4'canary' collate x", "token = '[redacted]' collate x"],
    ["password = crypt('canary', gen_salt('bf')), a = 'b'", "password = '[redacted]', a = 'b'"],
    ["token = sha2('canary',256) and id = 1", "token = '[redacted]' and id = 1"],
    ["token = case id when 1 then 'canary' end where id = 1", "token = '[redacted]' where id = 1"],
    ["token = 'canary' || lower('canary'), b = 'c'", "token = '[redacted]', b = 'c'"],
    ["token in ('canary', 'canary') and a in ('b')", "token in ('[redacted]') and a in ('b')"],
    ["token not in ('canary')", "token not in ('[redacted]')"],
    ["token != 'canary' or token<>'canary'", "token != '[redacted]' or token<>'[redacted]'"],
    ["token is distinct from 'canary'", "token is distinct from '[redacted]'"],
    ["lower(u.token) = 'canary' and lower(a) = 'b'", "lower(u.token) = '[redacted]' and lower(a) = 'b'"],
    ["(email, token) = ('a', 'canary')", "(email, token) = '[redacted]'"],
    ["token::text = 'canary'::text", "token::text = '[redacted]'::text"],
    ["token = $a$it's canary$a$ limit 1", "token = '[redacted]' limit 1"],
    ["data->>'token'='canary' and data->>'a'='b'", "data->>'token'='[redacted]' and data->>'a'='b'"],
    ["password = 'a\\', note = 'b'", "password = '[redacted]'b'"],
    ["password = 'a\\', token = 'canary' x", "password = '[redacted]' x"],
    [
      "insert into u (a, token) values ('a\\', 'b)canary') as x",
      'insert into u (a, token) values ([redacted]) as x',
    ],
    [
      "Duplicate entry 'canary' for key 'u.u_pin_unique'",
      "Duplicate entry '[redacted]' for key 'u.u_pin_unique'",
    ],
    ['Key (token)=(a)canary) already exists.', 'Key (token)=([redacted]) already exists.'],
    ['{"q":"\\"token\\" = \'canary\'","b":1}', '{"q":"\\"token\\" = \'[redacted]\'","b":1}'],
    ['{"q":"pin = \'a\\\\\'canary\'","b":"c"}', '{"q":"pin = \'[redacted]\'","b":"c"}'],
    [
      "x: token = 'a\\' canary\n    at f (/a/b.js:1:2)\n    at g (/a/b.js:3:4)",
      "x: token = '[redacted]'\n    at f (/a/b.js:1:2)\n    at g (/a/b.js:3:4)",
    ],
  ])('takes out a secret column in SQL: %s', (text, expected) => {
    expect(redactor.redactText(text)).toBe(expected);
    expect(redactor.redactText(expected)).toBe(expected);
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
    'http://[::1]:8080/a@b and http://h:1,h:2/a@b',
    'where token in ($2, ?) and token like concat($1)',
    "no token in the 'x' header, password must be 'long'",
    "id = 'token' and name in ('password')",
    "the password \"must\" be, and we don't like 'it'",
    '/a?b=%7B%22c%22%3A%22d%22%7D&e=%2525&f=%FC%3D&g=100%',
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
