import { size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRedactor } from '../src/index.js';

const redactor = createRedactor();
const canary = 'Qx7z';

const doubled = (text: string): string => text.replaceAll("'", "''");
const escaped = (text: string): string =>
  text.replace(/['"\\\n]/g, (unit) => (unit === '\n' ? '\\n' : `\\${unit}`));

/** What holds a value by its name, written as programs write it. */
const holders: ReadonlyArray<(name: string, value: string) => string> = [
  (name, value) => `/cb?a=1&${name}=${encodeURIComponent(value)}&b=2`,
  (name, value) => `https://a.test/cb#${name}=${encodeURIComponent(value)}&b=2`,
  (name, value) => new URLSearchParams({ a: 'b c', [name]: value, d: 'e' }).toString(),
  (name, value) => JSON.stringify({ a: 1, [name]: value, b: [2] }),
  (name, value) => JSON.stringify({ a: 1, [name]: { c: [value, 'd'] }, b: [2] }, undefined, 2),
  (name, value) =>
    JSON.stringify({
      b: [
        ['c', 'd'],
        [name, value],
        ['e', 'f'],
      ],
    }),
  (name, value) => `select 1 where ${name} = '${doubled(value)}' and a = 'b'`,
  (name, value) => `select 1 where "u"."${name}" != '${doubled(value)}' or a = 'b'`,
  (name, value) => `update u set a = 'b', ${name}='${escaped(value)}' where id = 1`,
  (name, value) => `update u set ${name} = E'${escaped(value)}', a = 'b'`,
  (name, value) => `select 1 where \`${name}\` = "${escaped(value)}"`,
  (name, value) => `update u set ${name} = crypt('${doubled(value)}', gen_salt('bf')), a = 'b'`,
  (name, value) => `select 1 where lower(${name}) = $q1$${value}$q1$`,
  (name, value) => `select 1 where ${name}::text in ('b', N'${doubled(value)}')`,
  (name, value) => `update u set ${name} = case id when 1 then 'end' else '${escaped(value)}' end`,
  (name, value) => `insert into u (a, ${name}) values ('b', '${doubled(value)}'), ('c', 'd')`,
  (name, value) => `insert into u (a, \`${name}\`) values ('b', '${escaped(value)}')`,
  (name, value) => `GET / HTTP/1.1\r\nX-${name}: ${value.replaceAll(/['"\n[\]{}]/g, '')}\r\nHost: a`,
];

/** What names no name. */
const accounts: ReadonlyArray<(value: string) => string> = [
  (value) => `create user a identified by '${escaped(value)}'`,
  (value) => `create user a identified by "${escaped(value)}"`,
  (value) => `alter role a with password '${doubled(value)}' login`,
  (value) => `set password for 'a'@'b' = '${escaped(value)}'`,
];

/** What a text stands in. */
const layers: Readonly<Record<string, (text: string) => string>> = {
  url: (text) => `/a?b=1&next=${encodeURIComponent(text)}&c=2`,
  form: (text) => new URLSearchParams({ b: 'c d', note: text, e: 'f' }).toString(),
  json: (text) => JSON.stringify({ a: 1, body: text, b: [2] }),
  list: (text) => JSON.stringify(['a', text]),
  error: (text) => `Error: failed: ${text}\n    at f (/a/b.js:1:2)`,
};

const noise = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'aZ7éß😀-._~ \'"\\%=&;,()[]{}+/?#$!*:<>\n'), maxLength: 6 }),
  fc.string({ unit: fc.constantFrom(...'\'"\\,) a'), maxLength: 10 }),
);
const value = fc.tuple(noise, noise).map(([before, after]) => `${before}${canary}${after}`);
/** Each escape of an encoded text is one more level, and so is each backslash of one in a string: four are read. */
const nesting = fc
  .array(fc.constantFrom(...Object.keys(layers)), { maxLength: 4 })
  .filter((names) => names.filter((name) => name === 'url' || name === 'form').length <= 3)
  .filter((names) => names.filter((name) => name === 'json' || name === 'list').length <= 2);

function nested(text: string, names: readonly string[]): string {
  return names.reduce((inner, name) => layers[name]?.(inner) ?? inner, text);
}

test('however deep it is nested, encoded and escaped, a secret does not come through', () => {
  const holder = fc.oneof(
    fc.constantFrom(...accounts),
    fc.tuple(fc.constantFrom(...holders), fc.constantFrom('password', 'access_token', 'apiKey', 'pin')).map(
      ([hold, name]) =>
        (text: string) =>
          hold(name, text),
    ),
  );
  fc.assert(
    fc.property(holder, value, nesting, (hold, secret, names) => {
      const text = nested(hold(secret), names);
      expect(text).toContain(canary);
      expect(redactor.redactText(text)).not.toContain(canary);
    }),
    { numRuns: size({ test: 2_000, soak: 100_000 }) },
  );
});

test('however deep it is nested, what is no secret comes through unchanged', () => {
  const holder = fc.constantFrom(...holders);
  const name = fc.constantFrom('colour', 'page_size', 'tokenCount', 'pinned');
  fc.assert(
    fc.property(holder, name, value, nesting, (hold, shown, content, names) => {
      const text = nested(hold(shown, content), names);
      expect(redactor.redactText(text)).toBe(text);
    }),
    { numRuns: size({ test: 1_000, soak: 100_000 }) },
  );
});

test('whatever a text is made of, it is redacted and nothing is thrown', () => {
  const part = fc.constantFrom(
    ...['=', '&', '?', '%', '%3d', '%25', '%22', '%27', '%FC', '%F0%9F', '\ud800', '\udc00', '😀', ':', '+'],
    ...['"', "'", '\\', '{', '}', '(', ')', '[', ']', '://', '@', ' ', '\n', ',', '$', '$a$', '--', '=>'],
    ...[
      'token',
      'pin',
      'a',
      'in',
      'case ',
      'end',
      'values',
      'E',
      'password ',
      'identified by ',
      'Key (pin)=(',
    ],
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 24 }), (parts) => {
      const text = parts.join('');
      const redacted = redactor.redactText(text);
      expect(redactor.redact({ text, list: [text] })).toEqual({
        text: redacted,
        list: [redacted],
      });
    }),
    { numRuns: size({ test: 1_000, soak: 100_000 }) },
  );
});
