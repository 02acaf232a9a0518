import type { IncomingMessage } from 'node:http';
import type { Clock } from '@seaworthy/contracts';

export interface ReadBodyOptions {
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** The body; a status when it is too long (413), too slow (408), cut off or read by somebody else (400). */
export function readBody(
  request: IncomingMessage,
  { maxBytes, timeoutMs, clock }: ReadBodyOptions,
): Promise<Buffer | 400 | 408 | 413> {
  if (request.readableEnded || request.destroyed) return Promise.resolve(400);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve(413);
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const onData = (part: Buffer): void => {
      bytes += part.length;
      if (bytes > maxBytes) settle(413);
      else parts.push(part);
    };
    const onEnd = (): void => settle(Buffer.concat(parts));
    const onCut = (): void => settle(400);
    const timer = clock.schedule(() => settle(408), timeoutMs);
    function settle(result: Buffer | 400 | 408 | 413): void {
      timer.cancel();
      request.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
      if (typeof result === 'number') request.on('error', () => undefined).pause();
      resolve(result);
    }
    request.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
  });
}
