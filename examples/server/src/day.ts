import * as z from 'zod';

/** A calendar day within the years that every database here can hold and that a person can mean: 1970 to 2199. */
export const day = z.iso
  .date({ error: 'Choose a date.', abort: true })
  .refine((text) => text >= '1970-01-01' && text <= '2199-12-31', 'Choose a date from 1970 to 2199.');
