import { size } from '@seaworthy/testkit';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../src/index.js';
import { testLogger } from './support/memory-sink.js';

const redactor = createRedactor();

/** A secret as people have them: without a digit, without a sign. */
const word = 'swordfish';

describe('a name', () => {
  test.each([
    ...['user[token]', 'card[cvc]', 'card[pin]', 'card.pin', 'users[0].pin', 'pins[otp][]', 'a.b.c.jwt'],
    ...[
      'DB_PASS',
      'smtpPass',
      'dbpass',
      'MYSQL_PWD',
      'userPwd',
      'CARD_CVV',
      'cardPin',
      'login-otp',
      'SENTRY_DSN',
    ],
    ...['REDIS_AUTH', 'basicAuth', 'pin2', 'cvv2', 'totp', 'token_v2', 'tokenValue', 'refresh_token_hash'],
    ...[
      'passcode',
      'RAILS_MASTER_KEY',
      'AccountKey',
      'Ocp-Apim-Subscription-Key',
      'verification_code',
      'code_verifier',
    ],
    ...[`${'deep.'.repeat(80)}password`, '$password', '_auth', '//registry.test/:_authToken'],
  ])('%s is secret wherever it stands before a value', (name) => {
    expect(redactor.redact({ [name]: word })).not.toEqual({ [name]: word });
    if (/[/$]/.test(name) || name.length > 128) return;
    expect(redactor.redactText(`a=b&${name}=${word}&c=d`)).toBe(`a=b&${name}=[redacted]&c=d`);
    expect(redactor.redactText(`?${encodeURIComponent(name)}=${word}`)).not.toContain(word);
  });

  test.each([
    ...[
      'tokenCount',
      'tokenizer',
      'bypass',
      'compass',
      'spin',
      'shipping',
      'author',
      'oauthProvider',
      'keyboard',
    ],
    ...[
      'user.name',
      'page[size]',
      'options.pinned',
      'filter[code]',
      'filter[key]',
      'items[0]',
      '[0]',
      '',
      '.',
    ],
    ...['primaryKey', 'idempotency_key', 'publicKey', 'messageSid', 'zipCode', 'statusCode', 'signature'],
  ])('%s is none', (name) => {
    expect(redactor.redact({ [name]: word })).toEqual({ [name]: word });
    expect(redactor.redactText(`a=b;${name}=${word};c=d`)).toBe(`a=b;${name}=${word};c=d`);
  });

  test('in a URL is secret too when it signs it', () => {
    for (const name of ['X-Amz-Signature', 'X-Goog-Signature', 'Signature', 'hmac', 'SAMLResponse']) {
      expect(redactor.redactText(`https://b.test/k?a=1&${name}=${word}`)).toBe(
        `https://b.test/k?a=1&${name}=[redacted]`,
      );
      expect(redactor.redact({ [name]: word })).toEqual({ [name]: word });
    }
  });

  test('that a service allows is shown as a part of another, too, unless the rest is secret', () => {
    const own = createRedactor({ allow: ['pin', 'cookieConsent'], keys: ['nationalId'] });
    expect(own.redactText('map.pin=a prefs[cookieConsent]=b secret.pin=c user[nationalId]=d')).toBe(
      'map.pin=a prefs[cookieConsent]=b secret.pin=[redacted] user[nationalId]=[redacted]',
    );
  });
});

describe('the value behind a label in a text', () => {
  test.each([
    ...[
      'user[token]=swordfish',
      'card[cvc]=314&card[pin]=swordfish',
      'card.pin=swordfish',
      'password=swordfish',
    ],
    // Headers.
    'Cookie: prefs="x"; app_session=swordfish',
    'authorization: Digest username="ada", response="swordfish"',
    'GET / HTTP/1.1\r\nCookie: prefs="x"; app_session=swordfish\r\nHost: shop.test',
    '{"raw":"GET / HTTP/1.1\\r\\nCookie: a=b; app_session=swordfish\\r\\nHost: shop.test","user":"ada"}',
    '{"msg":"sent Cookie: a=b; app_session=swordfish","user":"ada"}',
    'sent "x" and Cookie: a="b"; app_session=swordfish',
    'Set-Cookie: app_session=swordfish; Path=/; HttpOnly; SameSite=Lax',
    "set-cookie: [ 'app_session=swordfish; Path=/; HttpOnly' ]",
    "{ 'set-cookie': [ 'app_session=swordfish; Path=/' ], 'x-api-key': [ 'swordfish' ] }",
    "{ 'x-api-key': 'swordfish', authorization: 'Token swordfish', cookie: 'app_session=swordfish' }",
    'x-api-key:swordfish',
    '< authorization:Token swordfish',
    'curl -H \'X-Api-Key:swordfish\' -H "Authorization: Token swordfish" https://shop.test/',
    // What people write.
    'Login failed, password: swordfish',
    'password: swordfish for ada',
    'password:swordfish',
    'user:ada pass:swordfish',
    'Password: Swordfish!',
    'token: swordfish',
    'the new secret: swordfish',
    "password: sword'fish",
    'password: sword,fish',
    '(password: sword)fish, user: ada)',
    'API key: swordfish and Session ID: swordfish',
    'Connection string: swordfish',
    'Password:\nswordfish\n',
    // Settings.
    'DB_PASS=swordfish\nexport SMTP_PASSWORD=swordfish\nREDIS_AUTH="swordfish"\n',
    'db:\n  password: swordfish\n  port: 1',
    'db:\n  password: |\n    sword\n    swordfish\n  port: 1',
    'tokens:\n  - swordfish\n  - swordfish\nport: 1',
    'tokens:\n- swordfish\n- swordfish\nport: 1',
    'Error: credentials:\n  word: swordfish\n    at login (file:///srv/shop/login.js:1:2)',
    'credentials:\n  user: ada\n  word: swordfish\n',
    '{"yaml":"a: b\\npin: swordfish\\nport: 1"}',
    'password = swordfish',
    'Server=db;User ID=sa;Password=my swordfish;Encrypt=true',
    'Server=db;User ID=sa;Password=my swordfish',
    'Password=my swordfish;Server=db',
    'jdbc:postgresql://db/shop?user=app&password=swordfish',
    'DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=swordfish==;',
    // Objects as programs print them.
    "Map(1) { 'password' => 'swordfish' }",
    "Map(1) { 'credentials' => { word: 'swordfish' } }",
    "Login { user: 'ada', password: 'swordfish', tokens: Map(1) { 'a' => 'swordfish' } }",
    "{ [Symbol(password)]: 'swordfish', [password]: 'swordfish' }",
    "{ secret: [String: 'swordfish'] }",
    "{ privateKey: 'sword\\n' +\n    'swordfish\\n' +\n    'swordfish', port: 1 }",
    'Array ( [password] => swordfish [user] => ada )',
    '{:password=>"swordfish", :user=>"ada"}',
    '{ "password" => "swordfish" }',
    'password => swordfish',
    // XML.
    '<login><user>ada</user><password>swordfish</password></login>',
    '<wsse:Password Type="text">swordfish</wsse:Password>',
    '<apiKey><![CDATA[sword<fish]]></apiKey>',
    '{"xml":"<password>swordfish<\\/password>"}',
    // Commands.
    'mysqldump --password swordfish shop',
    "Command failed: tool --api-key 'swordfish' --verbose",
    "spawnargs: [ '--password', 'swordfish', 'shop' ]",
    "[ [ 'password', 'swordfish' ], ['token','swordfish'] ]",
    'password :swordfish',
    'user[token]:swordfish',
    '"password":swordfish',
    '#password:swordfish',
    'password= swordfish&a=b',
    '{ password:\n  swordfish,\n}',
    'password= swordfish',
    'password := swordfish',
    'your password is: swordfish',
    'cookie=a=b; app_session=swordfish status=200',
    'authorization=Token swordfish status=200',
    'password: !!str swordfish',
    'password: &anchor swordfish',
    '{"args":["--password","swordfish"]}',
    'tool --password=swordfish',
  ])('is taken out: %j', (text) => {
    const redacted = redactor.redactText(text);
    expect(redacted).not.toMatch(/swordfish|fish/i);
    expect(redacted).toContain('[redacted]');
    expect(redactor.redactText(redacted)).toBe(redacted);
    const { log, last, texts } = testLogger();
    log.info(`At noon:\n${text}`, { text, list: [text], error: new Error(`At noon:\n${text}`) });
    expect(last()).toMatchObject({ text: redacted, list: [redacted] });
    expect(texts.join('')).not.toMatch(/swordfish/i);
  });

  test('is taken out of the arguments of a command, as errors carry them', () => {
    const spawnargs = [
      '--token',
      'swordfish',
      '--password',
      '--port',
      '80',
      '--password-file',
      '/run/a',
      'shop',
    ];
    const expected = ['--token', '[redacted]', ...spawnargs.slice(2)];
    expect(redactor.redact({ spawnargs })).toEqual({ spawnargs: expected });
    const { log, last } = testLogger();
    log.error('failed', Object.assign(new Error('spawn tool ENOENT'), { spawnargs }));
    expect(last()).toMatchObject({ error: { spawnargs: expected } });
  });

  test('ends where it ends', () => {
    expect(
      redactor.redactText('{ \'set-cookie\': [ \'sid=swordfish; Path=/\' ], "host": "shop.test" }'),
    ).toBe('{ \'set-cookie\': [redacted], "host": "shop.test" }');
    expect(redactor.redactText('{"msg":"sent Cookie: a=b; c=swordfish","user":"ada"}')).toBe(
      '{"msg":"sent Cookie: [redacted]","user":"ada"}',
    );
    expect(redactor.redactText('{"raw":"Cookie: a=swordfish\\r\\nHost: shop.test","user":"ada"}')).toBe(
      '{"raw":"Cookie: [redacted]\\r\\nHost: shop.test","user":"ada"}',
    );
    expect(redactor.redactText('db:\n  password: |\n    sword\n    fish\n  port: 1')).toBe(
      'db:\n  password: |\n    [redacted]\n  port: 1',
    );
    expect(redactor.redactText('Login failed, password: swordfish, user: ada')).toBe(
      'Login failed, password: [redacted], user: ada',
    );
    expect(redactor.redactText('{"msg":"password: swordfish","n":1}')).toBe(
      '{"msg":"password: [redacted]","n":1}',
    );
    expect(redactor.redactText("Map(2) { 'password' => 'swordfish', 'user' => 'ada' }")).toBe(
      "Map(2) { 'password' => '[redacted]', 'user' => 'ada' }",
    );
    expect(redactor.redactText('tool --token swordfish --port 80')).toBe('tool --token [redacted] --port 80');
    expect(redactor.redactText('Server=db;Password=my swordfish;Encrypt=true')).toBe(
      'Server=db;Password=[redacted];Encrypt=true',
    );
  });

  test.each([
    // What programs say about passwords and tokens.
    ...[
      'password: required',
      'Password: must be longer',
      'token: expired',
      'JWT_SECRET: must be at least 32 bytes.',
    ],
    ...[
      'token: Invalid',
      'secret: missing.',
      'password: (none)',
      'password: string',
      'token: undefined',
      'pin: ',
    ],
    'Could not verify token: signature mismatch',
    'Failed to refresh token: fetch failed',
    'Failed to load secret: connection refused',
    'Error validating access token: Session has expired',
    'CsrfError: invalid csrf token',
    'AuthorizationError: user may not read order',
    'CredentialsProviderError: Could not load credentials from any providers',
    'SyntaxError: Unexpected token: expected a string',
    'auth: login',
    'jwt: malformed',
    'token: Unexpected end of input',
    'Invalid password:\n    at login (file:///srv/shop/login.js:1:2)',
    'db:\n  password:\nport: 80',
    'use --password to set it, --token is missing, --no-password shop',
    'docker run --password-stdin --password-file /run/secrets/x',
    'items.map(token => token.id)',
    'if (token === other) token => token',
    // Ordinary texts.
    'order 4711 of customer 0815, 3 items, 19.99 EUR',
    'GET /orders/4711?page=2&sort=-created HTTP/1.1',
    '3f6b2c1e-8d1a-4b6e-9c57-0a4d8f2e7b11',
    '2026-11-22T10:00:00.000Z and 2026-11-22 10:00:00,123 and 22/Nov/2026:10:00:00 +0100',
    'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '+49 170 1234567, (030) 123-4567 and 0043 660 1234567',
    'v1.2.3-rc.1+build.5, node v20.20.2, ^5.1.0 || ~4.2',
    'listening on localhost:3000, [::1]:3000, 127.0.0.1:3000 and ::ffff:10.0.0.1',
    'Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0',
    'http://shop.test:8080/a;b=c?d=e#f',
    'arn:aws:s3:::bucket/key and urn:uuid:3f6b2c1e-8d1a-4b6e-9c57-0a4d8f2e7b11',
    "{ user: 'ada', roles: [ 'admin' ], at: 2026-11-22T10:00:00.000Z }",
    'Map(1) { 1 => 2 } and (a) => b',
    'select "id", "name" from "users" where "id" = $1',
    'user.created: ok; queue=orders; retry=3',
    'tokenCount: many, author: ada, compass: north, page[size]: ten',
    'C:\\temp\\new: not found',
    'token= user=ada',
    'at login (file:///srv/shop/password.js:10:5)',
    'at /srv/shop/cookie-session.js:3:1 and password.test.ts: all passed',
    'GET http://secret-store.svc.test:8080/a and connect ECONNREFUSED credentials-api:443',
    'see `token:` and "password:", or [x](https://shop.test/x-token): Provides one',
    'the tokens: so far apart may clocks be',
    'cookie consent: all',
    'Error: ENOENT: no such file or directory, open "/srv/a-b.txt"',
    'a -- b --- c ----',
    '<order id="7"><name>ada</name><token/></order> and a </b> c',
    'Reset sent: see https://shop.test/help#password',
  ])('leaves an ordinary text alone: %j', (text) => {
    expect(redactor.redactText(text)).toBe(text);
    const { log, last } = testLogger();
    log.info(text, { text });
    expect(last()).toMatchObject({ message: text, text });
  });

  test('is looked for in time in proportion to the length of the text', () => {
    for (const unit of [
      ...[
        'token:',
        'token: ',
        'token: a',
        'token: a ',
        'token:"',
        'a-token:',
        'a-token: "',
        'Cookie: "',
        'key: ',
        'a key: ',
      ],
      ...[
        'token => ',
        "'token' => ",
        ':token=>',
        'tokens:\n',
        'tokens:\n ',
        'tokens: |\n',
        ' tokens:\n  - a\n',
        '- tokens:\n',
      ],
      ...[
        '--token ',
        '--token "',
        '--token,',
        "'--token', ",
        '--',
        '--a',
        ';password=',
        ';password=a',
        'password=a;',
        '"pwd=a',
      ],
      ...[
        "token: 'a' + ",
        "token: 'a' +\n",
        'token: Map(1) {',
        'token: A ',
        'token: [A: ',
        '[A: ',
        '&a ',
        '[{',
        '[ [',
        'password= ',
        'Cookie=a; ',
        "['token', ",
        "[ ['token', '",
        'token is: ',
        ';pwd=a b',
        'token: <',
        'token: <>',
      ],
      ...[
        'token: .',
        'token: ).',
        'token: ...x',
        "token: a'",
        'token: a,',
        'token: a, ',
        ')token: ',
        ']]]]',
        '\\ntoken: ',
      ],
      ...[
        '\\"token\\": a',
        'authorization: \\n',
        '"authorization: a',
        '=>',
        '=> ',
        ...['<token>', '<token>a</', '<token a', '<token><![CDATA[', '</'],
        ' =>',
        'token:\n\n',
        '   \ntoken:\n   ',
      ],
    ]) {
      const text = unit.repeat(size({ test: 20_000, soak: 200_000 }) / unit.length);
      for (const hostile of [
        text,
        `token: ${text}`,
        `"x-token: ${text}`,
        `token:\n ${text}`,
        `--token ${text}`,
      ]) {
        expect(redactor.redactText(hostile)).toBeTypeOf('string');
      }
    }
  });
});
