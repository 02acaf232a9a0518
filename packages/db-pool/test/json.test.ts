import { expect, test } from 'vitest';
import { splitScript } from '../src/drivers/split-script.js';
import { DbError } from '../src/index.js';
import { decodeJson } from '../src/sql/json.js';

const longest = 20_000_000;

test('reads JSON whose texts are as long as a document, beside whole numbers that no double holds', () => {
  const text = `{"id":12345678901234567890,"of":"1234567890123456","escaped":"\\"1234567890123456789\\\\","doc":"${'x'.repeat(longest)}"}`;
  expect(decodeJson(text)).toEqual({
    id: 12_345_678_901_234_567_890n,
    of: '1234567890123456',
    escaped: '"1234567890123456789\\',
    doc: 'x'.repeat(longest),
  });
});

test.each([
  '1.',
  '{"a":"\\x"}',
  '{"secret',
  '',
  `${'['.repeat(50_000)}12345678901234567890${']'.repeat(50_000)}`,
])('says of what cannot be read that it cannot, without repeating it', (text) => {
  let error: unknown;
  try {
    decodeJson(text);
  } catch (thrown) {
    error = thrown;
  }
  expect(DbError.is(error) && error.kind).toBe('data');
  expect(String(error)).not.toMatch(/secret|position/);
});

test('splits scripts whose texts are as long as a document', () => {
  const text = `insert into t values ('${'x'.repeat(longest)}')`;
  expect(splitScript(`${text};\nselect 1`)).toEqual([text, 'select 1']);
});
