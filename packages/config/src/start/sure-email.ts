import { includesAny, isAlphanumeric } from '../ascii.js';

/** Two separators beside each other. */
const doubtful = ['..', '.-', '-.', '--'];

/** Whether `text` is an address as most people have one; for others the full definition decides. */
export function isSureEmail(text: string): boolean {
  const at = text.indexOf('@');
  if (at < 1 || text.length > 64) return false;
  const local = text.slice(0, at);
  const host = text.slice(at + 1);
  if (!isAlphanumeric(local, '._+-') || local.startsWith('.') || local.endsWith('.')) return false;
  if (!isAlphanumeric(host, '.-') || host.startsWith('.') || host.startsWith('-')) return false;
  if (local.includes('..') || includesAny(host, doubtful) || host !== host.toLowerCase()) return false;
  const ending = host.slice(host.lastIndexOf('.') + 1);
  return ending.length < host.length && ending.length >= 2 && ending.length <= 20 && hasOnlyLetters(ending);
}

/** Of a text of lower-case letters, digits and hyphens. */
function hasOnlyLetters(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) < 0x61) return false;
  return true;
}
