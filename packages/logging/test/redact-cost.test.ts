import { size } from '@seaworthy/testkit';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../src/index.js';

/** What stands in a text before each part of the redactor reads it. */
const gates =
  '{"a":{"b":1},"c":[["d","e"]]} (\'f\') a://b@c like \'d\' values (\'a\') "g" $h$i$h$ = x: y\n%40 ?j=%3d& ' +
  "Failed query: Duplicate entry 'k' Bearer l PRIVATE KEY eyJ identified --m [ 'n' ";

/** What makes one of them read on to the end, which may then be read again. */
const openings = [
  '',
  '{"a":"\\"token\\":\\"',
  '{"password":{"',
  '[["cookie","',
  "token = E'",
  'token = f(',
  "token in ('",
  'token = $a$',
  'token = "',
  "(token) values ('",
  '(token)=(',
  "identified by '",
  '/x?token=',
  '/x?a=%22',
  'a=%25',
  'a://b:c/',
  'x-token: ',
  "token: {'",
  "Duplicate entry '",
  'Failed query: \nparams: ',
];
const closings = ['', '"', "'", ')', '@b', '\\', "' for key 'token'", '\n    at a (b:1:2)', ' '];

/** What is read again most often by one part or another. */
const grave = ['\\', '"', "'", '(', '[', "\\'", '\\"', "pin='\\'", "pin=f('\\')", 'a=%2525252522', '":'];

const units = [
  ...grave,
  ...['=', 'a=', "a='", 'a=%22', '&a=%3d%27', '"a":"', '\\"a\\":\\"', '[["a","', '[["a",', '","', '{'],
  ...[
    'http://',
    'a://b:',
    'a://b:c/',
    '?&;=',
    '%',
    '%3d',
    '%22',
    '%2525',
    '%3d=',
    '+',
    '@',
    'a@',
    'a@b.',
    'a%40',
  ],
  ...[
    'token: ',
    'token: "',
    "token: '\\",
    'token: {',
    'x-token: ',
    'token = ',
    'a.',
    'a.b-c_d[',
    'a',
    ' ',
    '\n',
  ],
  ...[
    "password '",
    'password for a ',
    'password(',
    'identified by ',
    "E'",
    '$',
    '$a$',
    'pin=(',
    "pin=\\'",
    'pin=$a$',
  ],
  ...[
    'lower(',
    '::a',
    'a in (',
    'a like ',
    '||',
    'case ',
    "a = '",
    '(a)=(',
    '(token)=(',
    "(token) values ('\\'), ",
  ],
  ...[
    '(a) values (',
    '(token) values (',
    "(token) values ('',",
    "(a,b)values('x'),",
    '(a,',
    "Duplicate entry '",
  ],
  ...['Failed query: \nparams: ', '\n    at a (b:1:2)', 'eyJ', 'eyJ-', 'eyJaaaaaaaaaa.', '1', '4 ', '4111'],
  ...['Bearer ', 'basic  ', '-----BEGIN PRIVATE KEY-----', '--token ', "['token', '"],
];

/** A pattern that reads a text of this length again from each of its characters takes minutes. */
const length = 200_000;

describe('a text costs time in proportion to its length', () => {
  const { redactText } = createRedactor();

  test('whatever it repeats', () => {
    for (const unit of units) {
      expect(redactText(gates + unit.repeat(length / unit.length))).toBeTypeOf('string');
    }
  });

  test(
    'whatever is open before what it repeats',
    () => {
      for (const [at, opening] of openings.entries()) {
        for (const [next, unit] of size({ test: grave.slice(0, 2), soak: units }).entries()) {
          const closing = closings[(at + next) % closings.length] ?? '';
          const text = `${gates}${opening}${unit.repeat(length / unit.length)}${closing}`;
          expect(redactText(text)).toBeTypeOf('string');
        }
      }
    },
    size({ test: 120_000, soak: 1_800_000 }),
  );
});
