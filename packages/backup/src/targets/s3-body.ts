import { withDeadline } from '@seaworthy/contracts';

/** The bytes of an answer; one that gives nothing for `timeoutMs` is ended, and throws, as it is on `signal`. */
export async function* s3Body(
  body: unknown,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  if (!isStream(body)) throw new TypeError('the client of s3() gave a body that is no stream of bytes');
  const source = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await withDeadline(() => source.next(), { timeoutMs, what: 'A body of S3', signal });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    body.destroy();
  }
}

interface ByteStream extends AsyncIterable<Uint8Array> {
  destroy(): unknown;
}

function isStream(body: unknown): body is ByteStream {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body && 'destroy' in body;
}
