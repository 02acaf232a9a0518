import { printable, printableJson } from './json-string.js';

const colours: Readonly<Record<string, string>> = {
  error: '31',
  crit: '31',
  alert: '31',
  emerg: '31',
  warn: '33',
  warning: '33',
  info: '32',
  notice: '32',
  http: '36',
  debug: '34',
};

/** The same on every line of one process, and known to whoever started it. */
const leftOut = new Set(['timestamp', 'level', 'message', 'service', 'environment', 'stack']);

/**
 * A JSON line for people: time, level, message, then `name=value`; stacks below, one frame a line. It is made from the
 * finished line, so nothing shows here that the JSON hides.
 */
export function prettyLine(line: string, colour: boolean): string {
  const entry: Readonly<Record<string, unknown>> = JSON.parse(line);
  const paint = (code: string, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const level = String(entry.level);
  const time = String(entry.timestamp).slice(11, 23);
  const data = Object.entries(entry)
    .filter(([name]) => !leftOut.has(name))
    .map(([name, value]) => ` ${paint('2', `${printable(name)}=`)}${shown(value)}`)
    .join('');
  const head = `${paint('2', time)} ${paint(colours[level] ?? '35', printable(level.toUpperCase()).padEnd(5))} ${printable(String(entry.message))}${data}`;
  return `${head}${stackOf(entry.stack)}\n`;
}

function shown(value: unknown): string {
  if (typeof value !== 'string') return printableJson(JSON.stringify(value));
  return /^[^\s"=]+$/.test(value) ? printable(value) : `"${printable(value)}"`;
}

function stackOf(stack: unknown): string {
  if (typeof stack !== 'string') return '';
  const frames = stack.split('\n').map((frame) => `\n    ${printable(frame.trim())}`);
  return frames.join('');
}
