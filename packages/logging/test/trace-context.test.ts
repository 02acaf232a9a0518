import { describe, expect, test } from 'vitest';
import { continueTrace, formatTraceparent } from '../src/requests/trace-context.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';

describe('a trace', () => {
  test('that came in goes on with its id, its flags and its state, in a span of our own', () => {
    const trace = continueTrace(`00-${traceId}-${parentId}-01`, 'vendor=1,other=2');
    expect(trace).toMatchObject({ traceId, flags: '01', state: 'vendor=1,other=2' });
    expect(trace.spanId).toMatch(/^(?!0{16}|00f067aa0ba902b7)[0-9a-f]{16}$/);
    expect(formatTraceparent(trace)).toBe(`00-${traceId}-${trace.spanId}-01`);
  });

  test('of a later version is read as far as it is known', () => {
    expect(continueTrace(`cc-${traceId}-${parentId}-01-what-comes`, undefined)).toMatchObject({ traceId });
    expect(continueTrace(`cc-${traceId}-${parentId}-01`, undefined)).toMatchObject({ traceId });
  });

  test.each([
    ['ff', '01'],
    ['fe', '00'],
    ['03', '01'],
    ['08', '00'],
  ])(
    'that came in with the flags %s is handed on with %s: bits that are not known are zero',
    (came, goes) => {
      const trace = continueTrace(`00-${traceId}-${parentId}-${came}`, undefined);
      expect(formatTraceparent(trace)).toBe(`00-${traceId}-${trace.spanId}-${goes}`);
    },
  );

  test.each([
    ['nothing', undefined],
    ['an empty one', ''],
    ['version ff', `ff-${traceId}-${parentId}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${parentId}-01`],
    ['a parent id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['capitals', `00-${traceId.toUpperCase()}-${parentId}-01`],
    ['a short id', `00-${traceId.slice(1)}-${parentId}-01`],
    ['more than version 00 has', `00-${traceId}-${parentId}-01-more`],
    ['two values', `00-${traceId}-${parentId}-01, 00-${traceId}-${parentId}-01`],
    ['a line end', `00-${traceId}-${parentId}-01\n`],
    ['a megabyte', `cc-${traceId}-${parentId}-01-${'x'.repeat(1_000_000)}`],
  ])('begins anew for %s, and drops the state', (_what, header) => {
    const trace = continueTrace(header, 'vendor=1');
    expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(trace.traceId).not.toBe(traceId);
    expect(trace).toMatchObject({ flags: '00', state: undefined });
  });

  test('hands on no state that is longer than 512 characters or not printable', () => {
    const header = `00-${traceId}-${parentId}-01`;
    expect(continueTrace(header, 'x'.repeat(513)).state).toBeUndefined();
    expect(continueTrace(header, 'a=\u00e4').state).toBeUndefined();
  });

  test('has an id that no other has', () => {
    const ids = Array.from({ length: 5_000 }, () => continueTrace(undefined, undefined));
    expect(new Set(ids.map((trace) => trace.traceId)).size).toBe(5_000);
    expect(new Set(ids.map((trace) => trace.spanId)).size).toBe(5_000);
  });
});
