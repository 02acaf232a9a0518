import { expect, test } from 'vitest';
import { prettyLine } from '../src/sinks/pretty-line.js';

const line = {
  timestamp: '2026-03-04T05:06:07.089Z',
  level: 'warn',
  message: 'Slow\nquery',
  stack: undefined,
  fields: { ms: 1200, sql: 'select 1', none: null },
};

test('a pretty line has time, level, message and data, with blanks quoted and controls escaped', () => {
  expect(prettyLine(line, false)).toBe('05:06:07.089 WARN  Slow\\nquery ms=1200 sql="select 1" none=null\n');
});

test('colours say the level and can be left out', () => {
  expect(prettyLine(line, true)).toContain('\u001b[33mWARN \u001b[0m');
  expect(prettyLine(line, true).replaceAll(/\u001b\[\d*m/g, '')).toBe(prettyLine(line, false));
});
