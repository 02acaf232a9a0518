import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exponentialBackoff, linearBackoff } from '../src/backoff.js';
import { formatBytes, parseBytes } from '../src/bytes.js';
import { formatDuration, parseDuration } from '../src/duration.js';
import { isLocalHost } from '../src/local-host.js';
import { OptionsError } from '../src/options.js';

function codeOf(run: () => unknown): string {
  try {
    return `value ${String(run())}`;
  } catch (error) {
    return OptionsError.is(error) ? error.code : `foreign ${String(error)}`;
  }
}

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['15m', 900_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['1.5h', 5_400_000],
    ['0s', 0],
    [250, 250],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    '',
    ' ',
    '100',
    '7D',
    '1M',
    ' 5m',
    '5m ',
    '-1h',
    'P7D',
    '5m1h',
    '1h1h',
    '1e3s',
    '٣s',
    '1_000ms',
    '1 h',
    '9007199254740993ms',
    'Infinity',
    '.5s',
  ])('refuses %j', (text) => {
    expect(codeOf(() => parseDuration(text))).toBe('INVALID_DURATION');
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the number %d', (ms) => {
    expect(codeOf(() => parseDuration(ms))).toBe('INVALID_DURATION');
  });

  it('reads back what formatDuration wrote, for every whole number', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});

describe('parseBytes', () => {
  it.each([
    ['512', 512],
    ['512b', 512],
    ['10mb', 10_485_760],
    ['10MiB', 10_485_760],
    ['10m', 10_485_760],
    ['1.5g', 1_610_612_736],
    ['2TB', 2_199_023_255_552],
    [4096, 4096],
  ])('reads %s as %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(['', '10 mb', '-1kb', '1.5', '0.3b', '10xb', '1e3', '٣kb', '99999999tb', ' 1kb'])(
    'refuses %j',
    (text) => {
      expect(codeOf(() => parseBytes(text))).toBe('INVALID_SIZE');
    },
  );

  it('reads back what formatBytes wrote, for every whole number', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(parseBytes(formatBytes(bytes))).toBe(bytes);
      }),
    );
  });
});

describe('backoff', () => {
  it('rises by a step and stops at the bound', () => {
    const backoff = linearBackoff(100, 3_000);
    expect([1, 2, 10, 30, 31, 1_000].map(backoff)).toEqual([100, 200, 1_000, 3_000, 3_000, 3_000]);
  });

  it('doubles the range of a random wait and stays within the bound for any attempt', () => {
    const highest = exponentialBackoff({ baseMs: 50, maxMs: 5_000, random: () => 1 });
    expect([1, 2, 3, 8, 9, 5_000].map(highest)).toEqual([50, 100, 200, 5_000, 5_000, 5_000]);
    const lowest = exponentialBackoff({ random: () => 0 });
    expect(lowest(4)).toBe(0);
  });
});

describe('isLocalHost', () => {
  it.each([
    '',
    '/run/postgresql',
    '::1',
    '[::1]',
    '127.0.0.1',
    '127.1.2.3',
    'localhost',
    'LOCALHOST',
    'db.localhost',
  ])('takes %j for this machine', (host) => expect(isLocalHost(host)).toBe(true));

  it.each([
    'db.internal',
    '10.0.0.1',
    '0.0.0.0',
    '::',
    '128.0.0.1',
    'localhost.example',
    '127.0.0.1.example',
    '::ffff:10.0.0.1',
  ])('takes %j for another', (host) => expect(isLocalHost(host)).toBe(false));
});
