import { describe, expect, test } from 'vitest';
import {
  expressionPattern,
  groupNames,
  partsByValue,
  templatePattern,
  withoutParts,
} from '../src/requests/path-pattern.js';

const both = ['path-to-regexp', 'find-my-way'] as const;
const shown = (path: string, pattern: ReturnType<typeof templatePattern>): string | undefined => {
  const match = pattern.match(path);
  return match && withoutParts(path, match.parts, ({ name }) => `<${name}>`);
};

describe.each(both)('a template for %s', (syntax) => {
  test.each([
    ['/reset/:token', '/reset/a%zz', '/reset/<token>'],
    ['/reset/:token', '/reset/a/b', undefined],
    ['/reset/:token/', '/Reset/a/', '/Reset/<token>/'],
    ['/dl/:token.zip', '/dl/a.zip', '/dl/<token>.zip'],
    ['/dl/:token.zip', '/dl/a.b.zip', '/dl/<token>.zip'],
    ['/x/:token-:b', '/x/a-b-c', '/x/<token>-<b>'],
    ['/x/x/:x', '/x/x/x', '/x/x/<x>'],
    ['/', '/', '/'],
    ['/a.b+c', '/a.b+c', '/a.b+c'],
    ['/a.b+c', '/axbbc', undefined],
  ])('%s takes from %s what %s shows', (template, path, expected) => {
    expect(shown(path, templatePattern(template, syntax, true))).toBe(expected);
  });

  test('takes the beginning of a path up to a slash', () => {
    const pattern = templatePattern('/invite/:token', syntax, false);
    expect(pattern.names).toEqual(['token']);
    expect(pattern.match('/invite/abc/confirm')?.length).toBe(11);
    expect(pattern.match('/invites/abc')).toBeUndefined();
  });
});

test.each([
  ['path-to-regexp', '/a{/:token}/b', '/a/s/b', '/a/<token>/b'],
  ['path-to-regexp', '/a{/:token}/b', '/a/b', '/a/b'],
  ['path-to-regexp', '/f/*path', '/f/a/b', '/f/<path>'],
  ['path-to-regexp', '/f/:"my \\"token"', '/f/a', '/f/<my "token>'],
  ['path-to-regexp', '/f\\:x/:größe', '/f:x/1', '/f:x/<größe>'],
  ['find-my-way', '/f/*', '/f/a/b', '/f/<*>'],
  ['find-my-way', '/at/:hour(^\\d{2})h:minute(^(\\d{2}))m', '/at/12h34m', '/at/<hour>h<minute>m'],
  ['find-my-way', '/:file(^\\d+).png', '/12.png', '/<file>.png'],
  ['find-my-way', '/a::b/:c?', '/a:b/q', '/a:b/<c>'],
] as const)('%s reads %s', (syntax, template, path, expected) => {
  expect(shown(path, templatePattern(template, syntax, true))).toBe(expected);
});

test('an expression’s groups are named, or numbered', () => {
  const expression = /^\/(a)(?:b)(?<token>c)(?=\/\(|$)(?<!z)(d)?/;
  expect(groupNames(expression)).toEqual(['0', 'token', '1']);
  expect(shown('/abc', expressionPattern(expression, groupNames(expression)))).toBe('/<0>b<token>');
});

test('values whose pattern nobody knows are found in the segments that are or hold them', () => {
  const shownOf = (path: string) =>
    withoutParts(path, partsByValue(path, { token: 'ba', other: 7, empty: '' }), ({ name }) => `:${name}`);
  expect(shownOf('/bar/%62a/q')).toBe('/bar/:token/q');
  expect(shownOf('/a/x-%62a/q')).toBe('/a/:token/q');
});

test('two values that are the same are both found in both of their places', () => {
  const parts = partsByValue('/t/a/u/a', { tenant: 'a', token: 'a' });
  expect(withoutParts('/t/a/u/a', parts, ({ name }) => `:${name}`)).toBe('/t/:tenant/u/:token');
  const secret = parts.filter(({ name }) => name === 'token');
  expect(withoutParts('/t/a/u/a', secret, () => '*')).toBe('/t/*/u/*');
});

test('parts that overlap are taken out once', () => {
  const parts = [
    { name: 'b', start: 3, end: 6 },
    { name: 'a', start: 1, end: 4 },
    { name: 'none', start: 2, end: 2 },
  ];
  expect(withoutParts('/123456', parts, () => '*')).toBe('/*6');
});
