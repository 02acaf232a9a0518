import type { Discretion } from './discretion.js';
import { jsonString } from './json-string.js';
import type { KeyStep, NameText } from './key-steps.js';
import type { WriterState } from './writer-state.js';

/** Units of a name that are shown. */
const longest = 256;

/** Read beyond, so that a secret which the cut would halve is still recognised whole. */
const lookAhead = 2_048;

/** Names as they may be shown: without what is secret in them, and cut. */
export function nameTexts(
  { replacement, redactText }: Discretion,
  isPlain: (name: string) => boolean,
): (name: string) => NameText {
  const marks = [replacement, encodeURIComponent(replacement), '…', 'hash:'];
  return (name) => {
    const read = name.length > longest ? name.slice(0, longest + lookAhead) : name;
    const redacted = isPlain(read) ? read : redactText(read);
    const isCut = name.length > longest;
    const text = isCut ? `${redacted.slice(0, longest)}…` : redacted;
    return { text, isMarked: text !== name || marks.some((mark) => name.includes(mark)) };
  };
}

/** Names of fields that are bound to a logger or a context end in this, because data on the same line may be called the same. */
const boundEnd = '_bound';

/**
 * The label of the member at `step` behind `json`, with a name that no other member of its object has: names that differ may be redacted or
 * cut to one text.
 */
export function markedLabel(json: string, { text }: KeyStep, state: WriterState): string {
  state.marked ??= new Map();
  const holder = state.ancestors.at(-1) ?? state;
  const used = state.marked.get(holder) ?? new Map<string, number>();
  state.marked.set(holder, used);
  let wanted = text;
  // The text of fields that are bound begins with a comma; it is kept, and put beside data that it has not seen.
  if (holder === state && json.startsWith(',')) wanted += boundEnd;
  else if (/_bound_?\d*$/.test(text)) wanted += '_';
  let count = used.get(wanted) ?? 0;
  let name = wanted;
  for (; count > 0 && used.has(name); count += 1) name = `${wanted}_${count > 1 ? count : ''}`;
  used.set(wanted, Math.max(count, 1));
  if (name !== wanted) used.set(name, 1);
  return `${json === '' ? '{' : ','}${jsonString(name)}:`;
}
