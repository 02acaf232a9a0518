import { describe, expect, test } from 'vitest';
import { env } from '../../src/index.js';
import { loadField } from '../support/load-field.js';

describe('env.string', () => {
  test.each(['a', 'KPI App', 'quote \' and " # $HOME', 'Grüße 👋', 'null', '0'])(
    'keeps %j exactly',
    (text) => {
      expect(loadField(env.string(), text)).toEqual({ value: text, problems: [] });
    },
  );

  test.each([
    ['    ', 'consists of blanks'],
    [' a', 'has a blank at its start or its end'],
    ['a\u00a0', 'has a blank at its start or its end'],
    ['a\n', 'holds a line break'],
    ['a\nb', 'holds a line break'],
    ['a\u0000b', 'holds a NUL character'],
    ['a\u001bb', 'holds a control character'],
    ['\ufeffa', 'begins with a byte order mark'],
    ['a\ufffd', 'is not valid UTF-8'],
    ['a\u0085b', 'holds a control character'],
    ['a\u009b', 'holds a control character'],
    ['a\u2028b', 'holds a line break'],
    ['\u200ba', 'has an invisible character at its start or its end'],
    ['a\u2060', 'has an invisible character at its start or its end'],
    ['a\ud800', 'is not valid UTF-8'],
    ['undefined', 'is what JavaScript writes for a value that is none'],
    ['[object Object]', 'is what JavaScript writes for a value that is none'],
  ])('refuses %j, which %s', (text, message) => {
    expect(loadField(env.string(), text).problems).toMatchObject([{ message }]);
  });

  test('checks length and pattern', () => {
    const field = env.string({ minLength: 2, maxLength: 3, pattern: /^[a-z]+$/ });
    expect(loadField(field, 'ab').value).toBe('ab');
    for (const text of ['a', 'abcd', 'A1']) {
      expect(loadField(field, text).problems).toMatchObject([
        { expected: 'text, at least 2 characters, at most 3 characters, that matches /^[a-z]+$/' },
      ]);
    }
  });

  test('a text of several lines keeps its line breaks when it may have them', () => {
    const pem = '-----BEGIN KEY-----\nabc\n-----END KEY-----\n';
    expect(loadField(env.string({ multiline: true }), pem).value).toBe(pem);
  });

  test.each([
    ['a\nb ', 'has a blank at its start or its end'],
    ['a\nb\u00a0', 'has a blank at its start or its end'],
    ['a\u0085\nb', 'holds a control character'],
    ['a\n\udc00', 'is not valid UTF-8'],
  ])('refuses %j, which %s, with several lines too', (text, message) => {
    expect(loadField(env.string({ multiline: true }), text).problems).toMatchObject([{ message }]);
  });

  test('a PEM text with \\n written out as two characters is a problem, not repaired', () => {
    const field = env.string({ multiline: true });
    expect(loadField(field, '-----BEGIN KEY-----\\nabc\\n-----END KEY-----').problems).toMatchObject([
      { fix: 'Use real line breaks, or X_FILE.' },
    ]);
  });

  test('refuses a pattern that remembers where it stopped', () => {
    expect(() => env.string({ pattern: /a/g })).toThrow('without the flags g and y');
  });
});

describe('env.email', () => {
  test.each(['a@b.example', 'first.last+tag@mail.example.com', "o'neil@x-y.example"])('reads %j', (text) => {
    expect(loadField(env.email(), text).value).toBe(text);
  });

  test.each([
    'a',
    'a@b',
    '@b.example',
    'a@@b.example',
    'a b@c.example',
    '.a@b.example',
    'a..b@c.example',
    'a@-b.example',
    'a@b..example',
    'a@b.e',
    'A <a@b.example>',
    'a@b.example, c@d.example',
    `${'a'.repeat(65)}@b.example`,
    'a@b.example\n',
  ])('refuses %j', (text) => {
    expect(loadField(env.email(), text).problems).toHaveLength(1);
  });
});

describe('env.oneOf', () => {
  const field = env.oneOf(['debug', 'info']);

  test('is env.enum too', () => {
    expect(loadField(env.enum(['a', 'b']), 'b').value).toBe('b');
  });

  test('reads exactly one of its texts', () => {
    expect(loadField(field, 'debug').value).toBe('debug');
  });

  test.each(['INFO', 'info ', 'inf', 'constructor'])('refuses %j and names what it accepts', (text) => {
    expect(loadField(field, text).problems).toMatchObject([{ expected: 'one of debug, info' }]);
  });
});
