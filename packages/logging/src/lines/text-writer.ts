import type { Discretion } from './discretion.js';
import { jsonRisks, jsonString } from './json-string.js';
import type { WriterState } from './writer-state.js';

/** Text read beyond the limit, so that a secret which the cut would halve is still recognised whole. */
const lookAhead = 2_048;

/** Nothing shorter than this is a token, a card or a key. */
const shortText = 12;

/** Writes texts as JSON: redacted, and cut to `maxStringLength` and to what is left of their line. */
export function createTextWriter(maxStringLength: number, discretion: Discretion) {
  const { triggers } = discretion;
  const everything = /(?:)/;
  // The short pattern holds little more than the characters, which are found at half the cost; a short label or SQL needs a colon,
  // a quote or a dollar, and `--pwd 1` is a command's flag.
  const suspiciousShort = triggers === undefined ? everything : new RegExp(`[${jsonRisks}=@%:'$]|--[A-Za-z]`);
  const suspicious =
    triggers === undefined
      ? everything
      : new RegExp(triggers === '' ? `[${jsonRisks}=@%]` : `[${jsonRisks}=@%]|${triggers}`);

  /** What is left of the line bounds its strings too, so that ten long ones do not make ten times the line. */
  function roomFor(state: WriterState): number {
    return Math.min(maxStringLength, Math.max(state.budget, 64));
  }

  function text(value: string, state: WriterState): string {
    const room = roomFor(state);
    let json: string;
    if (value.length > room) json = jsonString(cut(value, room));
    else if (isPlain(value)) json = `"${value}"`;
    else json = jsonString(discretion.redactText(value));
    state.budget -= json.length;
    return json;
  }

  /** Whether the text is its own JSON between quotes, with nothing in it to redact. */
  function isPlain(value: string): boolean {
    return !(value.length < shortText ? suspiciousShort : suspicious).test(value);
  }

  function cut(value: string, room: number): string {
    const read = value.slice(0, room + lookAhead);
    const redacted = discretion.redactText(read);
    const whole = read.length === value.length ? redacted.length : redacted.length - lookAhead;
    const shown = redacted.slice(0, Math.min(room, Math.max(whole, 0)));
    return `${shown}…[cut, ${value.length} in all]`;
  }

  return { text, isPlain, roomFor };
}
