import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decompress } from '../pipeline/compression.js';
import { endWatch } from '../pipeline/end-watch.js';
import { runTogether } from '../pipeline/run-together.js';
import type { SourceSession } from '../sources/backup-source.js';
import { corruptArtifact, type ReadArtifactOptions, readPlain } from './read-artifact.js';

export interface LoadOptions extends ReadArtifactOptions {
  readonly session: SourceSession;
  readonly onBytes: (rawBytes: number) => void;
}

/**
 * Feeds the artifact to the database. The words that commit are sent only after the hash and the closing line were seen;
 * on any failure the client is killed before its input ends, because to it an end of input looks like success.
 */
export async function loadArtifact(options: LoadOptions): Promise<void> {
  const { session, target, artifact, signal, onBytes } = options;
  const stage = decompress(artifact.compression);
  const client = await session.load(signal).catch(async (error: unknown) => {
    stage.kill();
    await stage.done.catch(() => undefined); // no child is left
    throw error;
  });
  const end = endWatch(artifact.engine);
  let rawBytes = 0;

  async function feed(): Promise<void> {
    await write(client.stdin, client.begin);
    for await (const chunk of stage.output) {
      rawBytes += chunk.length;
      end.push(chunk);
      onBytes(rawBytes);
      await write(client.stdin, chunk);
    }
    await Promise.all([arriving, stage.done]);
    if (!end.isComplete() || rawBytes !== artifact.rawBytes)
      throw corruptArtifact(target, artifact, 'ends too early');
    await write(client.stdin, client.end);
    client.stdin.end();
  }

  const arriving = pipeline(Readable.from(readPlain(options)), stage.input);
  try {
    await runTogether({
      parts: [arriving, feed(), stage.done, client.exited],
      stop() {
        client.kill();
        stage.kill();
      },
      downstream: client.exited, // when it ends early, the decompressor breaks on a pipe that nobody reads
      stage: 'restore',
      signal,
    });
    await client.commit?.();
  } catch (error) {
    await client.discard?.();
    throw error;
  }
}

/** Waits for room instead of ending the stream on errors: see {@link loadArtifact}. */
async function write(stream: Writable, chunk: string | Buffer): Promise<void> {
  if (chunk.length === 0) return;
  await new Promise<void>((resolve, reject) => {
    stream.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
