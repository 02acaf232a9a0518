import * as z from 'zod';

const largest = 1e12;
const decimals = 6;

/** A number that somebody reports: within what a double holds to the thousandth, and no finer than a person writes. */
export const measured = z
  .number('Enter a number.')
  .refine((value) => Math.abs(value) <= largest, 'Enter a number up to a million millions.')
  .refine((value) => Number(value.toFixed(decimals)) === value, `Use at most ${decimals} decimal places.`);
