import { Secret } from '@seaworthy/contracts';
import { size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../src/index.js';
import { testLogger } from './support/memory-sink.js';

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
const pem = '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----';

const redactor = createRedactor();

describe('values that are secret by their looks', () => {
  test.each([
    ['a JWT', `sent ${jwt} on`, 'sent [redacted] on'],
    ['a JWT in a path', `/verify/${jwt}`, '/verify/[redacted]'],
    ['a bearer token', 'got Bearer abc.def-123 back', 'got Bearer [redacted] back'],
    ['basic credentials', 'Basic dXNlcjpwYXNz rest', 'Basic [redacted] rest'],
    ['a card', 'paid with 4111 1111 1111 1111 today', 'paid with [redacted] today'],
    ['a card with dashes', '5500-0000-0000-0004', '[redacted]'],
    ['an American Express card', '3782 822463 10005', '[redacted]'],
    ['an e-mail address', 'mail ada.l+x@mail.example.test!', 'mail [redacted]!'],
    ['an encoded e-mail address', '/users/ada%40example.test/x', '/users/[redacted]/x'],
    ['a JWT in an encoded query', `/cb?h=Bearer%20${jwt}&a=1`, '/cb?h=Bearer%20[redacted]&a=1'],
    ['a JWT behind an encoded quote', `/cb?s=%22${jwt}%22`, '/cb?s=%22[redacted]%22'],
    ['a JWT behind a name', `session_${jwt} and x-${jwt}`, 'session_[redacted] and x-[redacted]'],
    ['a JWT behind a line end in JSON', JSON.stringify({ a: `x\n${jwt}` }), '{"a":"x\\n[redacted]"}'],
    ['an encoded bearer token', '/cb?h=Bearer%20abcdefg7', '/cb?h=Bearer%20[redacted]'],
    ['basic credentials in a form', 'h=Basic+dXNlcjpwYXNz&a=1', 'h=Basic+[redacted]&a=1'],
    ['a card with its expiry', 'card 4111 1111 1111 1111 12/27', 'card [redacted] 12/27'],
    ['a card with its security code', 'pan 4111111111111111 123 ok', 'pan [redacted] 123 ok'],
    ['a card behind other numbers', 'paid 2026 12 4111-1111-1111-1111', 'paid 2026 12 [redacted]'],
    ['a card behind a date', '2026-11-22 3782 822463 10005 x', '2026-11-22 [redacted] x'],
    ['a card before a number with a unit', '4111 1111 1111 1111 12kg', '[redacted] 12kg'],
    ['a card in a form', 'number=4111+1111+1111+1111&a=1', 'number=[redacted]&a=1'],
    ['a card in a URL', '/pay?n=4111%201111%201111%201111', '/pay?n=[redacted]'],
    ['a card behind an encoded blank', '/pay?q=%204111111111111111', '/pay?q=%20[redacted]'],
    ['a card with blanks that do not break', 'n 4111\u00a01111\u00a01111\u00a01111.', 'n [redacted].'],
    ['an address with an umlaut in its domain', 'an anna@müller.de!', 'an [redacted]!'],
    ['an address with an umlaut in its name', 'von jörg@example.test', 'von [redacted]'],
    ['an address in Cyrillic letters', 'от анна@пример.рф.', 'от [redacted].'],
    ['an address in Punycode', 'a@xn--e1afmkfd.xn--p1ai', '[redacted]'],
    ['an address before a dash', 'ada@example.test- and ada@example.test-x', '[redacted]- and [redacted]-x'],
    ['an address with an apostrophe', "mail o'brien@example.test", 'mail [redacted]'],
    ['a JWT behind a word', `Bearer${jwt}`, 'Bearer[redacted]'],
    ['a JWT in a URL escaped twice', `/cb?n=%252F${jwt}`, '/cb?n=%252F[redacted]'],
    ['a card before a dash', 'card=4111-1111-1111-1111-', 'card=[redacted]-'],
    ['an address escaped twice', '/u?n=ada%2540example.test', '/u?n=[redacted]'],
    ['an address in JSON that escapes its sign', '{"m":"ada\\u0040example.test"}', '{"m":"[redacted]"}'],
    ['an address in quotes', "mail 'ada@example.test'", "mail '[redacted]'"],
    ['an encoded address with a tag', '/u?m=j%C3%B6rg%2Bx%40example.test', '/u?m=[redacted]'],
    ['a private key', `key ${pem} end`, 'key [redacted] end'],
    ['a private key in one line', pem.replaceAll('\n', '\\n'), '[redacted]'],
    ['a private key that is cut off', '-----BEGIN PRIVATE KEY-----\nMIIE', '[redacted]'],
    ['a connection string', 'mysql://app:pw@db/x', 'mysql://app:[redacted]@db/x'],
    [
      'SQL with blanks',
      "select 1 where u.password = 'it''s' and a = 'b'",
      "select 1 where u.password = '[redacted]' and a = 'b'",
    ],
    [
      'a unique key of PostgreSQL',
      'Key (id, token)=(7, abc) already exists.',
      'Key (id, token)=([redacted]) already exists.',
    ],
    [
      'an INSERT with a secret column, in all of its rows',
      "INSERT INTO users (name, `password`) VALUES ('a', 'it''s (1)'), (lower('b)'), 'c\\'d\\'') ON CONFLICT DO NOTHING",
      'INSERT INTO users (name, `password`) VALUES ([redacted]) ON CONFLICT DO NOTHING',
    ],
    [
      'an INSERT that was cut off',
      'insert into "t" ("id","u"."api_key") values (1, \'abc',
      'insert into "t" ("id","u"."api_key") values ([redacted])',
    ],
    [
      'a row that PostgreSQL shows',
      'Failing row contains (7, ada, abc(d), null).',
      'Failing row contains ([redacted])',
    ],
    [
      'a value that MySQL shows, of a secret column',
      "Duplicate entry 'it's abc' for key 'users.token'",
      "Duplicate entry '[redacted]' for key 'users.token'",
    ],
    [
      'the parameters of a statement in a message',
      'Failed query: insert into "t" values ($1, $2)\nparams: ada,abc\ndef',
      'Failed query: insert into "t" values ($1, $2)\nparams: [redacted]',
    ],
    ['a URL in a parameter', '/login?next=/cb?token=abc&x=1', '/login?next=/cb?token=[redacted]&x=1'],
    [
      'an encoded URL in a parameter',
      '/login?next=%2Fcb%3Ftoken%3Dabc',
      '/login?next=%2Fcb%3Ftoken%3D%5Bredacted%5D',
    ],
  ])('%s', (_what, text, expected) => {
    expect(redactor.redactText(text)).toBe(expected);
    const { log, last } = testLogger();
    log.info(text, { value: text, list: [text] });
    expect(last()).toMatchObject({ message: expected, value: expected, list: [expected] });
  });

  test.each([
    'bearer authentication',
    'Basic information',
    '4111 1111 1111 1112',
    '1763770000000',
    '20261122100000',
    '20261122 100000 20261122',
    '+4917012345678 and +49 170 1234567890',
    'tel:+43 660 1234 5678 9012',
    'DE89 3704 0044 0532 0130 00',
    'GB29 NWBK 6016 1331 9268 19',
    '00000000-0000-4111-1111-111111111111',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'heyJude-remaster.v1.mp3',
    'v4.11.1-rc.1+4111.1111',
    'vite@5.0.0-beta.3 on ada@localhost',
    'Basic%20plan',
    'order 41111 of 2026-11-22T10:00:00+01:00',
    '3f6b2c1e-8d1a-4b6e-9c57-0a4d8f2e7b11',
    'eyJ',
    'a@b',
    'left-pad@1.3.0',
    "insert into a (id, name) values (1, 'ada')",
    "Duplicate entry '7-3' for key 'orders.PRIMARY'",
    'params: shown',
    'sums of values (net)',
    '2026-11-22T10:00:00.000Z',
  ])('%s is none', (text) => {
    expect(redactor.redactText(text)).toBe(text);
    const { log, last } = testLogger();
    log.info(text, { value: text });
    expect(last()).toMatchObject({ message: text, value: text });
  });

  test('a card is one as a number, and the values of a statement are never shown', () => {
    const { log, last } = testLogger();
    log.info('x', { card: 4111111111111111, at: 1763770000000, parameters: ['ada', 'hunter2'] });
    expect(last()).toMatchObject({ card: '[redacted]', at: 1763770000000, parameters: '[2 values]' });
  });

  test('a service chooses which, and a wrong choice is refused', () => {
    const some = createRedactor({ values: ['jwt'] });
    expect(some.redactText(`${jwt} ada@example.test 4111111111111111`)).toBe(
      '[redacted] ada@example.test 4111111111111111',
    );
    expect(createRedactor({ values: [] }).redactText(jwt)).toBe(jwt);
    // @ts-expect-error a misspelt value
    expect(() => createRedactor({ values: ['jwts'] })).toThrow(/privateKey, jwt, bearer, card, email/);
  });

  test('a short text is looked at as a long one is', () => {
    const { log, last } = testLogger();
    for (const text of ['--pwd 7x', 'pwd=7x', 'pwd: 7x', 'a@b.test']) {
      log.info('x', { text });
      expect(last().text).not.toMatch(/7x|a@b/);
    }
    log.info('--pwd 7x');
    expect(last().message).toBe('--pwd [redacted]');
  });

  test('the logger’s quick look misses nothing that the redactor would take out', () => {
    const part = fc.constantFrom(
      ...[
        jwt,
        'Bearer ',
        'bearer\t',
        'Basic ',
        'abcdefgh1',
        'dXNlcjpwYXNz',
        '4111',
        ' ',
        '-',
        '1111',
        '3782',
      ],
      ...[
        '822463',
        '10005',
        pem,
        '@',
        '%40',
        'a.test',
        '=',
        "'",
        '"',
        '%',
        ...[
          'Failing row contains (',
          "Duplicate entry '",
          "' for key 'token'",
          ' (token) values (',
          '\nparams: ',
        ],
        ...["'x', (1))", 'Failed query: ', 'VALUES\t('],
        ...[
          "PASSWORD E'",
          "token in(N'",
          'PASSWORD $$',
          "pin not like _utf8mb4'",
          "token<>'",
          'a$b$',
          "pin ~ '",
        ],
        ...['token+like+', 'pin\\tIN\\n(', 'identified by ', 'identified+by+', "E'x'", "('x')", '$$x$$'],
        ...["PASSWORD '", 'x-token: ', 'token : ', "secret: '", 'pin = ', '[["token","', '{"params":['],
        'password',
        ...['%20', '+', '_', '\u00a0', '\\n', 'ö', "'", '-', '4111111111111111', '12'],
        ...[
          'x-token:',
          ' token:',
          ' pin:',
          '--token',
          "'token'",
          '=>',
          ' swordfish',
          'swordfish',
          ';Password=',
          ';',
          '\n  - ',
        ],
        ...['<token>', '</', '<'],
        '?token=x',
        '://u:p@h',
        '\\',
      ],
    );
    const { log, last } = testLogger();
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const text = parts.join('');
        log.info('x', { text, deep: { text }, list: [text] });
        const expected = redactor.redactText(text);
        expect(last()).toMatchObject({ text: expected, deep: { text: expected }, list: [expected] });
      }),
      { numRuns: size({ test: 3_000, soak: 50_000 }) },
    );
  });

  test('cost time in proportion to the length of a text', () => {
    for (const unit of [
      'eyJ',
      'eyJ-',
      '_eyJ',
      'eyJaaaaaaaaaaa.a.',
      '4111 1111 1111 1111 ',
      '4 4x',
      '%20',
      '%204',
      "a'",
      'ö@',
      'a@xn--',
      '%C3',
      'Basic%20',
      'eyJaaaaaaaaaa.',
      '4',
      '4 ',
      '4111',
      'Bearer ',
      'basic  ',
      'a@',
      'a.',
      '-----BEGIN PRIVATE KEY-----',
      "a = '",
      '(a)=(',
      "Duplicate entry '",
      '(token) values (',
      "(token) values ('',",
      "(a,b)values('x'),",
      'Failed query: \nparams: ',
      '(a,',
      'a%40',
      '%3d=',
    ]) {
      expect(redactor.redactText(unit.repeat(200_000 / unit.length))).toBeTypeOf('string');
    }
  });
});

describe('values that are hashed', () => {
  const hash = { key: new Secret('LOG_HASH_KEY', 'a key of sixteen or more'), keys: ['userId'], email: true };

  test('keep one user apart from others, at any depth and in texts, and show nobody', () => {
    const { log, lines, texts } = testLogger({ redact: { hash } });
    log.info('for Ada@example.test', { userId: 'Ada@example.test', deep: { user_id: 42 } });
    log.info('again', { userId: 'ada@example.test', deep: { user_id: 43 } });
    const [first, second] = lines();
    expect(first?.userId).toMatch(/^hash:[0-9a-f]{16}$/);
    expect(first?.message).toBe(`for ${String(first?.userId)}`);
    expect(second?.userId).toBe(first?.userId);
    expect(second?.deep).not.toEqual(first?.deep);
    expect(texts.join('')).not.toMatch(/ada@/i);
  });

  test('depend on the key, and a weak key is refused', () => {
    const of = (key: string): unknown =>
      createRedactor({ hash: { key, keys: ['userId'] } }).redact({ userId: 'u1' });
    expect(of('0123456789abcdef')).not.toEqual(of('0123456789abcdeg'));
    expect(of('0123456789abcdef')).toEqual(of('0123456789abcdef'));
    expect(() => of('short')).toThrow(/16 characters/);
  });

  test('in a URL are taken out, and what is no text or number is not shown at all', () => {
    const own = createRedactor({ hash });
    expect(own.redactText('/x?userId=42')).toBe('/x?userId=[redacted]');
    expect(own.redact({ userId: { name: 'ada' } })).toEqual({ userId: '[redacted]' });
    const starred = createRedactor({ hash, replacement: '***' });
    expect(starred.redact({ userId: { name: 'ada' }, user_id: [1], headers: [['userId', [1]]] })).toEqual({
      ...{ userId: '***', user_id: '***', headers: [['userId', '***']] },
    });
  });
});
