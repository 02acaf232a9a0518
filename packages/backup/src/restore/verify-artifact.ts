import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decompress } from '../pipeline/compression.js';
import { endWatch } from '../pipeline/end-watch.js';
import { runTogether } from '../pipeline/run-together.js';
import { corruptArtifact, type ReadArtifactOptions, readObject, readPlain } from './read-artifact.js';

/**
 * How deep a look goes. `object`: every stored byte is there and has the manifest's hash. `decrypt`: and the private key opens
 * it. `structure`: and it decompresses to a dump of the manifest's length that ends where a complete one ends.
 */
export type VerifyLevel = 'object' | 'decrypt' | 'structure';

export const verifyLevels: readonly VerifyLevel[] = ['object', 'decrypt', 'structure'];

/**
 * Reads one artifact as deep as `level` says, with bounded memory; resolves when it is well.
 *
 * @throws BackupError `BACKUP_CORRUPT`, `BACKUP_NO_KEY`, `BACKUP_TOOL_MISSING`; the reason of `signal`.
 */
export async function verifyArtifact(
  options: ReadArtifactOptions & { readonly level: VerifyLevel },
): Promise<void> {
  const { level, signal } = options;
  if (level === 'structure') return verifyStructure(options);
  const bytes = level === 'object' ? readObject(options) : readPlain(options);
  for await (const _chunk of bytes) signal.throwIfAborted();
}

async function verifyStructure(options: ReadArtifactOptions): Promise<void> {
  const { target, artifact, signal } = options;
  const stage = decompress(artifact.compression);
  const end = endWatch(artifact.engine);
  let rawBytes = 0;

  async function look(): Promise<void> {
    for await (const chunk of stage.output) {
      rawBytes += chunk.length;
      end.push(chunk);
    }
  }

  await runTogether({
    parts: [pipeline(Readable.from(readPlain(options)), stage.input), look(), stage.done],
    stop: () => stage.kill(),
    stage: 'verify',
    signal,
  });
  if (!end.isComplete() || rawBytes !== artifact.rawBytes)
    throw corruptArtifact(target, artifact, 'ends too early');
}
