import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { type Clock, formatDuration, type Timer } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import type { BackupSource, SourceSession } from '../sources/backup-source.js';
import type { StagedObject } from '../targets/backup-target.js';
import { type CompressionName, compress } from './compression.js';
import { runTogether } from './run-together.js';
import { Tail } from './tail.js';

export interface DumpOptions {
  readonly source: BackupSource;
  readonly session: SourceSession;
  readonly compression: CompressionName;
  readonly staged: readonly StagedObject[];
  readonly stallTimeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onBytes: (rawBytes: number, bytes: number) => void;
}

export interface DumpResult {
  readonly rawBytes: number;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Dump, compressor, hash and targets as one pipeline with a chunk or two in memory. It resolves only when every program
 * ended with 0 and the dump's closing line went through: that is the gate that nothing gets a name without.
 */
export async function dumpArtifact(options: DumpOptions): Promise<DumpResult> {
  const { source, session, compression, staged, stallTimeoutMs, clock, signal, onBytes } = options;
  const dump = session.dump();
  dump.stdin.end();
  const stage = compress(compression);
  const hash = createHash('sha256');
  let bytes = 0;
  let progressAt = clock.monotonic();
  const tail = new Tail((rawBytes) => {
    progressAt = clock.monotonic();
    onBytes(rawBytes, bytes);
  });

  async function store(): Promise<void> {
    for await (const chunk of stage.output) {
      hash.update(chunk);
      bytes += chunk.length;
      // All targets at the pace of the slowest: what is faster would have to be kept in memory.
      await Promise.all(staged.map((object) => object.write(chunk)));
    }
  }

  const watch = watchForStall();
  try {
    await runTogether({
      // The watch never resolves on its own, so it joins as a rejection only.
      parts: [
        Promise.race([watch.stalled, Promise.all([pipeline(dump.stdout, tail, stage.input), store()])]),
        dump.exited,
        stage.done,
      ],
      stop() {
        dump.kill();
        stage.kill();
      },
      stage: 'dump',
      signal,
    });
  } finally {
    watch.stop();
  }
  if (!source.isComplete(tail.last)) {
    throw new BackupError(
      `${dump.name} said it was done with ${source.label}, but the end of its output is missing.`,
      {
        code: 'BACKUP_INCOMPLETE',
        stage: 'dump',
        tool: dump.name,
        exitCode: 0,
      },
    );
  }
  return { rawBytes: tail.bytes, bytes, sha256: hash.digest('hex') };

  function watchForStall(): { readonly stalled: Promise<never>; stop(): void } {
    let timer: Timer | undefined;
    const stalled = new Promise<never>((_resolve, reject) => {
      const look = (): void => {
        const idleMs = clock.monotonic() - progressAt;
        if (idleMs >= stallTimeoutMs) {
          const text = `${dump.name} gave no byte of ${source.label} for ${formatDuration(stallTimeoutMs)}.`;
          reject(new BackupError(text, { code: 'BACKUP_STALLED', stage: 'dump', tool: dump.name }));
        } else {
          timer = clock.schedule(look, stallTimeoutMs - idleMs);
        }
      };
      timer = clock.schedule(look, stallTimeoutMs);
    });
    stalled.catch(() => undefined);
    return { stalled, stop: () => timer?.cancel() };
  }
}
