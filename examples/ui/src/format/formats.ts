import { currencyDigits } from './currency-digits.js';
import { decimalOfMinor } from './decimal-of-minor.js';

/** Turns the values of the API into text for one locale. */
export interface Formats {
  /** `1234567, 'EUR'` becomes `€12,345.67`. */
  money(minor: number, currency: string): string;
  /** As `money`, in few characters, for the axis of a chart: `€12K`. */
  moneyShort(minor: number, currency: string): string;
  number(value: number): string;
  /** `0.456` becomes `46%`. */
  percent(share: number): string;
  /** Takes YYYY-MM-DD, which has no time zone, or an ISO instant, which is shown in the reader's. */
  date(value: string): string;
  /** Day and month only. */
  dayMonth(value: string): string;
  dateTime(instant: string): string;
  /** Takes YYYY-MM. */
  month(value: string): string;
  /** As `month`, without the year, for the axis of a chart. */
  monthShort(value: string): string;
  /** `3 days ago`, `in 2 weeks`. */
  relative(value: string, now?: Date): string;
}

const units = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** Creates the formats of one locale (BCP 47). */
export function createFormats(locale: string): Formats {
  const plain = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const share = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
  const ago = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const moneyFormats = new Map<string, Intl.NumberFormat>();

  function moneyFormat(currency: string, notation: 'standard' | 'compact'): Intl.NumberFormat {
    const key = `${notation} ${currency}`;
    const format =
      moneyFormats.get(key) ??
      new Intl.NumberFormat(locale, {
        style: 'currency',
        currency,
        notation,
        ...(notation === 'compact' ? { maximumFractionDigits: 1, minimumFractionDigits: 0 } : {}),
      });
    moneyFormats.set(key, format);
    return format;
  }

  function format(value: string, options: Intl.DateTimeFormatOptions): string {
    const date = new Date(value);
    if (Number.isNaN(date.getTime())) return value;
    const zone = value.includes('T') ? {} : { timeZone: 'UTC' };
    return new Intl.DateTimeFormat(locale, { ...options, ...zone }).format(date);
  }

  return {
    money(minor, currency) {
      // Text, because a division by 100 would round what is above 2^53 / 100.
      const decimal = decimalOfMinor(minor, currencyDigits(currency));
      return moneyFormat(currency, 'standard').format(decimal as `${number}`);
    },
    moneyShort: (minor, currency) =>
      moneyFormat(currency, 'compact').format(minor / 10 ** currencyDigits(currency)),
    number: (value) => plain.format(value),
    percent: (value) => share.format(value),
    date: (value) => format(value, { dateStyle: 'medium' }),
    dayMonth: (value) => format(value, { day: 'numeric', month: 'short' }),
    dateTime: (instant) => format(instant, { dateStyle: 'medium', timeStyle: 'short' }),
    month: (value) => format(`${value}-01`, { month: 'short', year: 'numeric' }),
    monthShort: (value) => format(`${value}-01`, { month: 'short' }),
    relative(value, now = new Date()) {
      const seconds = (startOf(value) - (value.includes('T') ? now.getTime() : startOfDay(now))) / 1_000;
      const [unit, length] = units.find(([, size]) => Math.abs(seconds) >= size) ?? (['second', 1] as const);
      if (unit === 'second') return value.includes('T') ? ago.format(0, 'minute') : ago.format(0, 'day');
      return ago.format(Math.trunc(seconds / length), unit);
    },
  };
}

function startOf(value: string): number {
  return new Date(value).getTime();
}

/** The reader's calendar day as UTC midnight, to be compared with a date that has no time zone. */
function startOfDay(now: Date): number {
  return Date.UTC(now.getFullYear(), now.getMonth(), now.getDate());
}
