import { createHash, randomBytes } from 'node:crypto';
import { type Clock, formatDuration } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import { abandonedMs } from '../manifest/layout.js';
import type { Contents } from '../manifest/manifest.js';
import type { BackupSource, SourceSession } from '../sources/backup-source.js';
import type { ObjectDigest, StagedObject } from '../targets/backup-target.js';
import { type OutputPipe, openOutputPipe } from '../tools/output-pipe.js';
import { makeAgeHeader } from './age-header.js';
import { PayloadEncrypter, payloadNonceBytes } from './age-payload.js';
import { type CompressionName, compress } from './compression.js';
import { endWatch } from './end-watch.js';
import { drain, feed } from './feed.js';
import { runTogether } from './run-together.js';
import { watchSilence } from './watch-silence.js';

export interface DumpOptions {
  readonly source: BackupSource;
  readonly session: SourceSession;
  readonly compression: CompressionName;
  /** Public keys; none leaves the artifact as it is. */
  readonly recipients: readonly string[];
  readonly staged: Pick<StagedObject, 'write'>;
  readonly stallTimeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onBytes: (rawBytes: number, bytes: number) => void;
}

export interface DumpResult extends ObjectDigest {
  readonly rawBytes: number;
  readonly plainSha256: string;
  readonly headerBytes: number;
  readonly contents?: Contents;
}

/**
 * Dump, compressor, encryption, hashes and targets as one pipeline with a chunk or two in memory. The last encrypted chunk is
 * written, and the promise resolves, only when every program ended with 0 and the dump's end went through: that is the gate
 * that nothing gets a name without.
 */
export async function dumpArtifact(options: DumpOptions): Promise<DumpResult> {
  const pipes: Pipes = { dumper: await openOutputPipe(), compressor: await openOutputPipe() };
  try {
    return await dumpThrough(pipes, options);
  } finally {
    pipes.dumper?.close();
    pipes.compressor?.close();
  }
}

interface Pipes {
  readonly dumper: OutputPipe | undefined;
  readonly compressor: OutputPipe | undefined;
}

async function dumpThrough(pipes: Pipes, options: DumpOptions): Promise<DumpResult> {
  const { source, session, compression, recipients, staged, stallTimeoutMs, clock, onBytes } = options;
  const sealed = await sealer(recipients, staged);
  const end = endWatch(source.engine);
  const plain = createHash('sha256');
  const silence = watchSilence(clock);
  const signal = AbortSignal.any([options.signal, silence.signal]);
  let rawBytes = 0;
  function see(chunk: Buffer): void {
    rawBytes += chunk.length;
    end.push(chunk);
    silence.sign();
    onBytes(rawBytes, sealed.bytes());
  }

  async function store(chunk: Buffer): Promise<void> {
    plain.update(chunk);
    await sealed.write(chunk);
  }

  try {
    expectAnswer();
    const dump = await session.dump(signal, pipes.dumper);
    const stage = compress(compression, pipes.compressor);
    silence.expect(stallTimeoutMs, () => {
      const text = `${dump.name} gave no byte of ${source.label} for ${formatDuration(stallTimeoutMs)}.`;
      return new BackupError(text, { code: 'BACKUP_STALLED', stage: 'dump', tool: dump.name });
    });
    await runTogether({
      parts: [
        Promise.all([
          feed(dump.stdout, stage.input, see, pipes.dumper),
          drain(stage.output, store, pipes.compressor),
        ]).then(expectAnswer),
        dump.exited,
        stage.done,
      ],
      stop() {
        dump.kill();
        stage.kill();
      },
      downstream: stage.done,
      stage: 'dump',
      signal,
    });
    if (!end.isComplete()) {
      throw new BackupError(
        `${dump.name} said it was done with ${source.label}, but the end of its output is missing.`,
        { code: 'BACKUP_INCOMPLETE', stage: 'dump', tool: dump.name, exitCode: 0 },
      );
    }
    const contents = dump.contents?.();
    return {
      rawBytes,
      plainSha256: plain.digest('hex'),
      ...(await sealed.finish()),
      ...(contents === undefined ? {} : { contents }),
    };
  } finally {
    silence.stop();
  }

  /** Before the first byte and after the last, a source may count its rows, and gives no other sign until it is done. */
  function expectAnswer(): void {
    const limitMs = Math.max(abandonedMs, stallTimeoutMs);
    silence.expect(limitMs, () => {
      const text = `${source.label} gave no answer for ${formatDuration(limitMs)} before its dump or after it.`;
      return new BackupError(text, { code: 'BACKUP_STALLED', stage: 'dump' });
    });
  }
}

interface Sealer {
  write(chunk: Uint8Array): Promise<void>;
  /** Stored bytes so far. */
  bytes(): number;
  /** Writes what was kept back. */
  finish(): Promise<ObjectDigest & { readonly headerBytes: number }>;
}

/** Hashed and written at once. */
const batchBytes = 256 * 1024;

/** The last steps before the target: encryption where there are recipients, and the hash of what is stored. */
async function sealer(recipients: readonly string[], staged: Pick<StagedObject, 'write'>): Promise<Sealer> {
  const hash = createHash('sha256');
  const batch = Buffer.allocUnsafe(batchBytes);
  let filled = 0;
  let bytes = 0;
  let headerBytes = 0;
  let encrypter: PayloadEncrypter | undefined;

  async function put(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + batchBytes - filled);
      batch.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === batchBytes) await flush();
    }
    bytes += chunk.length;
  }

  async function flush(): Promise<void> {
    const full = batch.subarray(0, filled);
    hash.update(full);
    await staged.write(full);
    filled = 0;
  }

  if (recipients.length > 0) {
    const header = await makeAgeHeader(recipients);
    const nonce = randomBytes(payloadNonceBytes);
    headerBytes = header.bytes.length;
    encrypter = new PayloadEncrypter(header.fileKey, nonce);
    await put(Buffer.concat([header.bytes, nonce]));
  }
  return {
    async write(chunk) {
      if (encrypter === undefined) await put(chunk);
      else for (const part of encrypter.push(chunk)) await put(part);
    },
    bytes: () => bytes,
    async finish() {
      if (encrypter !== undefined) await put(encrypter.finish());
      if (filled > 0) await flush();
      return { bytes, sha256: hash.digest('hex'), headerBytes };
    },
  };
}
