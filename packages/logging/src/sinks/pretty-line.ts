import { printable, printableJson } from '../lines/json-string.js';
import type { ReadLine } from '../lines/line-schema.js';

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

/**
 * A line for people: time, level, message, then `name=value`; stacks below, one frame a line. Service and environment, the
 * same on every line, are left out. It is made from the finished line, so nothing shows here that the JSON hides.
 */
export function prettyLine({ timestamp, level, message, stack, fields }: ReadLine, colour: boolean): string {
  const paint = (code: string, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const time = timestamp.slice(11, 23);
  const data = Object.entries(fields)
    .map(([name, value]) => ` ${paint('2', `${printable(name)}=`)}${shown(value)}`)
    .join('');
  const head = `${paint('2', time)} ${paint(colours[level] ?? '35', printable(level.toUpperCase()).padEnd(5))} ${printable(message)}${data}`;
  return `${head}${stackOf(stack)}\n`;
}

function shown(value: unknown): string {
  if (typeof value !== 'string') return printableJson(JSON.stringify(value));
  return /^[^\s"=]+$/.test(value) ? printable(value) : `"${printable(value)}"`;
}

function stackOf(stack: string | undefined): string {
  if (stack === undefined) return '';
  const frames = stack.split('\n').map((frame) => `\n    ${printable(frame.trim())}`);
  return frames.join('');
}
