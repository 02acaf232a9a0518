import { isAlphanumeric } from '../ascii.js';

/** Whether `text` is an address as most people have one; for others the full definition decides. */
export function isSureEmail(text: string): boolean {
  const [local = '', host = '', ...more] = text.split('@');
  if (more.length > 0 || text.length > 64 || host !== host.toLowerCase()) return false;
  for (const part of local.split('.')) if (part === '' || !isAlphanumeric(part, '_+-')) return false;
  const labels = host.split('.');
  for (const label of labels) {
    if (!isAlphanumeric(label, '-') || label.startsWith('-') || label.endsWith('-')) return false;
    if (label === '' || label.includes('--')) return false;
  }
  const ending = labels.at(-1) ?? '';
  return labels.length > 1 && ending.length >= 2 && ending.length <= 20 && hasOnlyLetters(ending);
}

/** Of a text of letters, digits and hyphens. */
function hasOnlyLetters(text: string): boolean {
  for (const character of text) if (character < 'a') return false;
  return true;
}
