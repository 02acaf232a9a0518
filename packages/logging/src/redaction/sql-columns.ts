/** Signs and words that belong to the one before which the search begins: `!=`, `:=`, `not like`, `is distinct from`. */
const sign = /[!:<>=~]/;
const word = /\b(?:not|is)$/i;

/** So far back a name, or the bracket that opens a call, is looked for. */
const longestName = 128;
const longestCall = 256;

/**
 * The columns that are compared or set at the sign at `at`: `u."token"`, `lower(token)`, `token::text`, `(id, token)`, each as it stands
 * there or without the quotes around it.
 */
export function columnsBefore(text: string, at: number): readonly string[] {
  let end = at;
  while (at - end < 2 && sign.test(text[end - 1] ?? '')) end -= 1;
  end = beforeBlanks(text, end);
  for (let words = 0; words < 2; words += 1) {
    const found = word.exec(text.slice(Math.max(0, end - 4), end));
    if (found !== null) end = beforeBlanks(text, end - found[0].length);
  }
  const columns: string[] = [];
  for (let casts = 0; casts < 4; casts += 1) {
    let behind = end;
    if (text[end - 1] === ')') {
      behind = openingBefore(text, end - 1);
      columns.push(...(text.slice(behind, end).match(/[\w-]+/g) ?? []));
    }
    const start = nameStart(text, behind);
    if (text.slice(start - 2, start) !== '::') return [...columns, ...spellings(text.slice(start, behind))];
    end = beforeBlanks(text, start - 2);
  }
  return columns;
}

/** Without quotes and table; behind a line's end or a tab that JSON has escaped too. */
function spellings(name: string): readonly string[] {
  if (name === '') return [];
  const column = name.replace(/^.*\./, '').replaceAll(/["'`[\]\\]/g, '');
  return name.includes('\\')
    ? [column, name.replace(/^.*(?:\.|\\[nrt])/, '').replaceAll(/["'`[\]\\]/g, '')]
    : [column];
}

function beforeBlanks(text: string, at: number): number {
  let end = at;
  while (at - end < 8 && /[\s+]/.test(text[end - 1] ?? '')) end -= 1;
  return end;
}

function nameStart(text: string, end: number): number {
  let start = end;
  while (end - start < longestName && /[\w."'`[\]\\]/.test(text[start - 1] ?? '')) start -= 1;
  return start;
}

function openingBefore(text: string, closing: number): number {
  let depth = 0;
  for (let at = closing; at >= 0 && closing - at < longestCall; at -= 1) {
    if (text[at] === ')') depth += 1;
    else if (text[at] === '(') depth -= 1;
    if (depth === 0) return at;
  }
  return closing;
}
