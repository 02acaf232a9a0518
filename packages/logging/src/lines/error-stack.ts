import { memberOf } from './member-of.js';

/** A shorter message costs no frames. */
const shortMessage = 256;

/**
 * An error's stack. One longer than `room` is without the message at its head, which stands beside it in the line, so that the frames
 * survive the cut. The message goes whole: half a secret would not be recognised.
 */
export function stackOf(error: object, room: number): unknown {
  const stack = memberOf(error, 'stack');
  if (typeof stack !== 'string' || stack.length <= room) return stack;
  const message = memberOf(error, 'message');
  if (typeof message !== 'string' || message.length <= shortMessage) return stack;
  const at = stack.slice(0, message.length + shortMessage).indexOf(message);
  if (at === -1) return stack;
  return `${stack.slice(0, at)}…[message, ${message.length} in all]${stack.slice(at + message.length)}`;
}
