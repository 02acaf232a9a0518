import { crc32 } from 'node:zlib';

/** What a record holds besides its id. */
export interface RecordContent {
  readonly timeMs: number;
  readonly line: string;
}

/**
 * A line as it stands in a segment: `checksum time line`, text, so that `cut -d' ' -f3-` gives the lines back in an emergency.
 * The line ends in its only line feed, from which reading finds its way again behind a damaged record.
 */
export function framed(line: string, timeMs: number): string {
  const body = `${timeMs.toString(36)} ${line}`;
  return `${checksum(body)} ${body}`;
}

/** @param text - a record without its line feed. @returns `undefined` when it is damaged. */
export function unframed(text: string): RecordContent | undefined {
  const body = text.slice(9);
  if (text[8] !== ' ' || checksum(`${body}\n`) !== text.slice(0, 8)) return undefined;
  const blank = body.indexOf(' ');
  return { timeMs: Number.parseInt(body.slice(0, blank), 36), line: body.slice(blank + 1) };
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
