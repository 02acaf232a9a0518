import { describe, expect, it } from 'vitest';
import { createFormats } from '../src/format/formats.js';
import { today } from '../src/format/today.js';

const english = createFormats('en-GB');
const german = createFormats('de-DE');
const now = new Date(2026, 4, 20, 12);

describe('createFormats', () => {
  it('writes money by the places of its currency and the habits of the locale', () => {
    expect(english.money(1_234_567, 'EUR')).toBe('€12,345.67');
    expect(german.money(1_234_567, 'EUR')).toBe('12.345,67\u00a0€');
    expect(english.money(1_234_567, 'JPY')).toBe('JP¥1,234,567');
    expect(english.money(1_234_567, 'KWD')).toBe('KWD\u00a01,234.567');
    expect(english.money(-5, 'EUR')).toBe('-€0.05');
  });

  it('keeps the last cent of the largest amount that an integer holds', () => {
    expect(english.money(Number.MAX_SAFE_INTEGER, 'EUR')).toBe('€90,071,992,547,409.91');
  });

  it('shows a date without a time zone as the day that it names', () => {
    expect(english.date('2026-01-01')).toBe('1 Jan 2026');
    expect(english.dayMonth('2026-12-31')).toBe('31 Dec');
    expect(english.month('2026-03')).toBe('Mar 2026');
  });

  it('shows what it cannot read as it came', () => {
    expect(english.date('soon')).toBe('soon');
  });

  it('counts days by the calendar and instants by the clock', () => {
    expect(english.relative('2026-05-20', now)).toBe('today');
    expect(english.relative('2026-05-21', now)).toBe('tomorrow');
    expect(english.relative('2026-05-17', now)).toBe('3 days ago');
    expect(english.relative(new Date(now.getTime() - 2 * 3_600_000).toISOString(), now)).toBe('2 hours ago');
  });
});

describe('today', () => {
  it('is the reader’s calendar day and crosses months', () => {
    expect(today(0, new Date(2026, 0, 31, 23, 59))).toBe('2026-01-31');
    expect(today(1, new Date(2026, 0, 31, 23, 59))).toBe('2026-02-01');
    expect(today(30, new Date(2024, 1, 1))).toBe('2024-03-02');
  });
});
