import type { KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionsOf, sleep, systemClock, wholeNumber } from '@seaworthy/contracts';
import { segmentsOf } from './audit-folder.js';
import type { AuditAnchor, AuditVerdict } from './audit-verdict.js';
import { knownKeys } from './chain.js';
import { chainReader } from './chain-reader.js';

export interface VerifyOptions {
  /** Public keys, one of which must have signed each checkpoint. Several, when keys were changed. */
  readonly publicKeys: ReadonlyArray<KeyObject | string>;
  /**
   * Checkpoints that were kept elsewhere. The log must still contain them; those whose records were purged must be as old as the purge
   * says, where they have their `at`. @defaultValue []
   */
  readonly anchors?: readonly AuditAnchor[];
  /**
   * So many records may follow one another without a checkpoint. Who has no key can make up records behind the last one, and no more than
   * that. @defaultValue 2000, enough for a log whose `checkpointEvery` is no more than that
   */
  readonly maxUnsigned?: number;
  /**
   * Nobody writes to the log any more: it was closed, or is a copy that was taken at a checkpoint. It must then end with a checkpoint, so
   * that a cut between two of them is seen without an anchor. @defaultValue false
   */
  readonly closed?: boolean;
}

const readOptions = optionsOf<VerifyOptions>('verifyAudit', {
  publicKeys: true,
  anchors: true,
  maxUnsigned: true,
  closed: true,
});

/**
 * Reads a whole audit log and says which record is the first that was changed, left out, moved or added; from a folder, or from
 * the rows of a table in their order. It may be written to meanwhile.
 *
 * @throws OptionsError for an unknown option, and what reading throws.
 *
 * @example
 * const verdict = await verifyAudit('audit', { publicKeys: [publicKey], anchors });
 * if (!verdict.ok) console.error(`record ${verdict.seq}: ${verdict.reason}`);
 */
export async function verifyAudit(
  source: string | AsyncIterable<Uint8Array>,
  options: VerifyOptions,
): Promise<AuditVerdict> {
  const { publicKeys, anchors = [], maxUnsigned = 2_000, closed = false } = readOptions(options);
  wholeNumber('verifyAudit', 'maxUnsigned', maxUnsigned, { min: 1 });
  const chain = chainReader(knownKeys(publicKeys), anchors, maxUnsigned);
  for await (const line of typeof source === 'string' ? linesOf(source) : source) {
    const fault = chain.read(line);
    if (fault !== undefined) return { ok: false, ...fault };
  }
  const verdict = chain.end();
  if (!closed || !verdict.ok || (verdict.unsigned === 0 && verdict.records > 0)) return verdict;
  return { ok: false, seq: verdict.head.seq + 1, reason: 'truncated' };
}

/** So long a write may be under way that is seen in part. */
const settleMs = 1_000;
const lookMs = 50;

/** The newest file. A reader can see a writer's write in part; one that ends is no torn record. */
async function settled(path: string, folder: string): Promise<Uint8Array> {
  const first = readFileSync(path);
  if (first.length === 0 || first.at(-1) === 0x0a) return first;
  for (let waited = 0; waited < settleMs && existsSync(join(folder, 'audit.lock')); waited += lookMs) {
    await sleep(systemClock, lookMs);
    const now = readFileSync(path);
    const end = now.lastIndexOf(0x0a) + 1;
    // Or it was taken back, as on a full disk.
    if (end > first.length || end === now.length) return now.subarray(0, end);
  }
  return first;
}

/** The lines of a folder; what stands behind the last line feed is one, too. */
async function* linesOf(folder: string): AsyncGenerator<Uint8Array> {
  const segments = segmentsOf(folder);
  for (const { path } of segments) {
    const bytes = path === segments.at(-1)?.path ? await settled(path, folder) : readFileSync(path);
    let from = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, from)) {
      yield bytes.subarray(from, end);
      from = end + 1;
    }
    // Without its line feed a record is not complete, however whole it looks.
    if (from < bytes.length) yield new Uint8Array(0);
  }
}
