import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Marks the ETag of an answer weak whose bytes are compressed on the way: a strong one names bytes (RFC 9110, 8.8.3.3), and a
 * cache would take those of gzip, of brotli and of the plain answer for the same ones. Ranges are taken back for the same reason.
 *
 * To be called before whatever compresses wraps the response, so that it is asked after it.
 *
 * @param isCompressed whether it is this answer that was compressed, and not a handler that gave it encoded
 */
export function weakenTag(
  request: IncomingMessage,
  response: ServerResponse,
  isCompressed: () => boolean,
): void {
  const { writeHead } = response;
  Object.assign(response, {
    writeHead: (...args: readonly unknown[]): ServerResponse => {
      const tag = response.getHeader('etag');
      if (typeof tag === 'string' && tag.startsWith('"')) {
        if (isCompressed() || answersTheWeakOne(request, response, tag))
          response.setHeader('ETag', `W/${tag}`);
      }
      if (isCompressed()) response.removeHeader('Accept-Ranges');
      return Reflect.apply(writeHead, response, args);
    },
  });
}

/** A 304 with a strong tag freshens no stored answer that has the weak one (RFC 9111, 4.3.4), and that is what the client got. */
function answersTheWeakOne(
  { headers }: IncomingMessage,
  { statusCode }: ServerResponse,
  tag: string,
): boolean {
  const known = headers['if-none-match'] ?? '';
  return statusCode === 304 && known.includes(`W/${tag}`) && !known.replaceAll(`W/${tag}`, '').includes(tag);
}
