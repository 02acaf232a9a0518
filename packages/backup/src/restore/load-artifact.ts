import { createHash } from 'node:crypto';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorCode } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import type { BackupSource, SourceSession } from '../sources/backup-source.js';
import type { BackupTarget } from '../targets/backup-target.js';
import { decompress } from '../pipeline/compression.js';
import type { ManifestArtifact } from '../manifest/manifest.js';
import { runTogether } from '../pipeline/run-together.js';
import { Tail } from '../pipeline/tail.js';

/** Reads the stored bytes once more and compares them with the manifest. */
export async function verifyArtifact(
  target: BackupTarget,
  artifact: ManifestArtifact,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const seen = checked(target, artifact);
  for await (const _chunk of seen) signal.throwIfAborted();
}

/** The artifact's bytes; ends with `BACKUP_CORRUPT` when they are not those of the manifest. */
async function* checked(target: BackupTarget, artifact: ManifestArtifact): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of readable(target, artifact)) {
    hash.update(chunk);
    bytes += chunk.byteLength;
    yield chunk;
  }
  if (bytes === artifact.bytes && hash.digest('hex') === artifact.sha256) return;
  throw corrupt(
    target,
    artifact,
    bytes === artifact.bytes ? 'has other bytes' : `has ${bytes} bytes instead of ${artifact.bytes}`,
  );
}

async function* readable(target: BackupTarget, artifact: ManifestArtifact): AsyncGenerator<Uint8Array> {
  try {
    yield* target.read(artifact.key);
  } catch (error) {
    const code = errorCode(error);
    throw corrupt(
      target,
      artifact,
      `cannot be read (${typeof code === 'string' ? code : 'no reason given'})`,
    );
  }
}

export interface LoadOptions {
  readonly source: BackupSource;
  readonly session: SourceSession;
  readonly target: BackupTarget;
  readonly artifact: ManifestArtifact;
  readonly signal: AbortSignal;
  readonly onBytes: (rawBytes: number) => void;
}

/**
 * Feeds the artifact to the database. The words that commit are sent only after the hash and the closing line were seen;
 * on any failure the client is killed before its input ends, because to it an end of input looks like success.
 */
export async function loadArtifact(options: LoadOptions): Promise<void> {
  const { source, session, target, artifact, signal, onBytes } = options;
  const stage = decompress(artifact.compression);
  const { process: client, begin, end } = session.load();
  const tail = new Tail(onBytes);

  async function feed(): Promise<void> {
    await write(client.stdin, begin);
    for await (const chunk of tail) await write(client.stdin, chunk);
    await Promise.all([arriving, stage.done]);
    if (!source.isComplete(tail.last) || tail.bytes !== artifact.rawBytes) {
      throw corrupt(target, artifact, 'ends too early');
    }
    await write(client.stdin, end);
    client.stdin.end();
  }

  const arriving = pipeline(Readable.from(checked(target, artifact)), stage.input);
  const parts = [arriving, pipeline(stage.output, tail), feed(), stage.done, client.exited];
  client.stdout.resume();
  await runTogether({
    parts,
    stop() {
      client.kill();
      stage.kill();
    },
    stage: 'restore',
    signal,
  });
}

/** Waits for room instead of ending the stream on errors: see {@link loadArtifact}. */
async function write(stream: Writable, chunk: string | Buffer): Promise<void> {
  if (chunk.length === 0) return;
  await new Promise<void>((resolve, reject) => {
    stream.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

function corrupt(target: BackupTarget, artifact: ManifestArtifact, how: string): BackupError {
  return new BackupError(
    `${artifact.key} in ${target.name} ${how}. Nothing of it was kept; restore another backup or another copy.`,
    { code: 'BACKUP_CORRUPT', stage: 'verify' },
  );
}
