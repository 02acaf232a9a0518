import { type Readable, Transform } from 'node:stream';

/** The same bytes, shown to `watch` as they go by. It ends with `stdout` however that ends: the program's exit says whether it was whole. */
export function seenBy(watch: { push(chunk: Buffer): void }, stdout: Readable): Readable {
  const seen = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      watch.push(chunk);
      done(null, chunk);
    },
  });
  stdout.pipe(seen);
  stdout.once('close', () => seen.end());
  return seen;
}
