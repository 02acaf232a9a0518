import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type Clock, systemClock, type Timer, wholeNumber } from '@seaworthy/contracts';
import { noteRecord } from '../audited.js';
import { AuditError } from './audit-error.js';
import { type AuditEvent, eventWriter } from './audit-event.js';
import { openAuditFile } from './audit-file.js';
import { firstOf, lastOf, segmentsOf } from './audit-folder.js';
import {
  auditRedactor,
  type FileAuditOptions,
  purgeable,
  readFileAuditOptions,
  retentionOf,
} from './audit-options.js';
import { type AuditCheckpoint, type ChainHead, signerOf } from './chain.js';
import { type RecordBuilder, recordBuilder } from './records.js';

export interface AuditStats {
  /** Records on the disk since this log was opened. */
  readonly written: number;
  readonly waiting: number;
  /** Checkpoints that the anchor did not take. */
  readonly anchorFailures: number;
}

/** An audit trail in files. */
export interface AuditLog {
  /**
   * Resolves when the record is on the disk (fdatasync), with its place in the chain. Records that are written at the same time
   * share one write.
   *
   * @throws AuditError `AUDIT_WRITE_FAILED`, `AUDIT_OVERLOADED`, `AUDIT_CLOSED`, `AUDIT_BROKEN`: the record is not in the log.
   */
  record(event: AuditEvent): Promise<ChainHead>;
  /** Signs what stands there now, and hands it to the anchor. */
  checkpoint(): Promise<AuditCheckpoint>;
  /**
   * Deletes files all of whose records are older, and records that it did.
   *
   * @returns how many files are gone.
   * @throws AuditError `AUDIT_RETENTION` when that is shorter than the retention.
   */
  purge(olderThanDays: number): Promise<number>;
  stats(): AuditStats;
  /** Writes what waits and a last checkpoint, and lets go of the folder. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Waiting {
  readonly type: string;
  readonly at: string;
  readonly members: string;
  resolve(head: ChainHead): void;
  reject(error: unknown): void;
}

/** So many records, or so much text, share one write. */
const batchRecords = 1_000;
const batchLength = 4 * 1_048_576;
/** A file is read whole by the verifier; and purging goes file by file. */
const segmentBytes = 64 * 1_048_576;
const dayMs = 86_400_000;

/**
 * Opens an audit log in a folder, or begins one: each record's hash covers the one before, and checkpoints signed with `key` make
 * that chain unforgeable up to them.
 *
 * @throws OptionsError for a wrong option; AuditError `AUDIT_RETENTION`, `AUDIT_LOCKED`, `AUDIT_FORMAT`.
 *
 * @example
 * const audit = await createAuditLog({ folder: 'audit', key: privateKeyPem, environment: 'production' });
 * await audit.record({ actor: user.id, action: 'customer.update', target: { id: 7 }, outcome: 'success', changes });
 */
export async function createAuditLog(options: FileAuditOptions): Promise<AuditLog> {
  const given = readFileAuditOptions(options);
  const { folder, checkpointEvery = 1_000, checkpointMs = 60_000, maxWaiting = 10_000, anchor } = given;
  const clock: Clock = given.clock ?? systemClock;
  for (const [name, value] of Object.entries({ checkpointEvery, checkpointMs, maxWaiting })) {
    wholeNumber('createAuditLog', name, value, { min: 1 });
  }
  const retentionDays = retentionOf(given);
  const signer = signerOf(given.key);
  const writeEvent = eventWriter(given.redactor ?? auditRedactor());
  const file = await openAuditFile(folder);

  let head = file.head;
  const log = head.seq === -1 ? randomUUID() : logOf(folder);
  let waiting: Waiting[] = [];
  let writing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  let timer: Timer | undefined;
  let sinceCheckpoint = file.unsigned ? 1 : 0; // at least: what a writer left that was killed
  let written = 0;
  let anchorFailures = 0;
  let segmentDay = Math.floor(clock.now() / dayMs);
  let lastCheckpoint: AuditCheckpoint | undefined;

  const now = (): string => new Date(clock.now()).toISOString();

  function put(type: string, members: string): Promise<ChainHead> {
    if (waiting.length >= maxWaiting) {
      return Promise.reject(
        new AuditError(`${maxWaiting} audit records wait for the disk; this one was not taken.`, {
          code: 'AUDIT_OVERLOADED',
        }),
      );
    }
    return new Promise((resolve, reject) => {
      waiting.push({ type, at: now(), members, resolve, reject });
      writing ??= writeAll();
    });
  }

  async function writeAll(): Promise<void> {
    await Promise.resolve(); // what is recorded in the same turn shares the write
    while (waiting.length > 0) {
      const batch = waiting.slice(0, countOf(waiting));
      waiting = waiting.slice(batch.length);
      await writeBatch(batch);
    }
    writing = undefined;
  }

  async function writeBatch(batch: readonly Waiting[]): Promise<void> {
    const builder = recordBuilder(head);
    const heads: ChainHead[] = [];
    let signed: AuditCheckpoint | undefined;
    try {
      let text = await segmentStart(builder);
      for (const { type, at, members } of batch) {
        text += builder.add(type, at, members);
        heads.push(builder.head);
      }
      const asked = batch.some(({ type }) => type === 'mark');
      if (asked || sinceCheckpoint + batch.length >= checkpointEvery) {
        const { line, checkpoint } = builder.checkpoint(signer, log, now());
        text += line;
        signed = checkpoint;
      }
      await file.append(text);
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    head = builder.head;
    written += batch.length;
    sinceCheckpoint = signed === undefined ? sinceCheckpoint + batch.length : 0;
    if (signed !== undefined) toAnchor(signed);
    else timer ??= clock.schedule(onTimer, checkpointMs);
    for (const [index, { resolve }] of batch.entries()) resolve(heads[index] ?? head);
  }

  /** The first record of a file, when one has to be begun. */
  async function segmentStart(builder: RecordBuilder): Promise<string> {
    const day = Math.floor(clock.now() / dayMs);
    const isNew = head.seq === -1;
    if (!isNew && file.size > 0 && file.size < segmentBytes && day === segmentDay) return '';
    await file.roll(head.seq + 1);
    segmentDay = day;
    if (isNew) return builder.add('begin', now(), `,"log":"${log}","key":"${signer.key}"`);
    return builder.add('segment', now(), `,"log":"${log}","previous":"${head.hash}"`);
  }

  function onTimer(): void {
    timer = undefined;
    if (sinceCheckpoint > 0) void checkpoint().catch(() => undefined);
  }

  function toAnchor(signed: AuditCheckpoint): void {
    lastCheckpoint = signed;
    timer?.cancel();
    timer = undefined;
    if (anchor === undefined) return;
    Promise.resolve()
      .then(() => anchor(signed))
      .catch(() => {
        anchorFailures += 1;
      });
  }

  async function checkpoint(): Promise<AuditCheckpoint> {
    await put('mark', '');
    if (lastCheckpoint === undefined) throw new AuditError('No checkpoint.', { code: 'AUDIT_BROKEN' });
    return lastCheckpoint;
  }

  async function close(): Promise<void> {
    timer?.cancel();
    try {
      while (writing !== undefined) await writing;
      if (sinceCheckpoint > 0) await checkpoint();
    } finally {
      await file.close();
    }
  }

  function checkOpen(): void {
    if (closing === undefined) return;
    throw new AuditError('The audit log is closed.', { code: 'AUDIT_CLOSED' });
  }

  if (file.torn > 0) await put('recovery', `,"bytes":${file.torn}`);
  else if (file.unsigned) timer = clock.schedule(onTimer, checkpointMs);

  return {
    async record(event) {
      checkOpen();
      const written = put('event', writeEvent(event));
      return noteRecord(written, { outcome: event.outcome, stays: true });
    },
    async checkpoint() {
      checkOpen();
      return checkpoint();
    },
    async purge(olderThanDays) {
      checkOpen();
      purgeable(olderThanDays, retentionDays);
      const before = clock.now() - olderThanDays * dayMs;
      const files = segmentsOf(folder);
      // A file is old when it began and ended before then, and so did the one after it begin. All three, because a clock that was
      // set back for a while dates new records long ago.
      const kept = files.findIndex(({ path }, index) => {
        const next = files[index + 1];
        if (next === undefined) return true;
        const times = [firstOf(path).at, lastOf(path).at, firstOf(next.path).at];
        return times.some((at) => Date.parse(at) > before);
      });
      const first = files[kept];
      if (first === undefined || kept === 0) return 0;
      const { previous } = firstOf(first.path);
      await put('purge', `,"through":${first.first - 1},"hash":"${previous}"`);
      for (const { path } of files.slice(0, kept)) rmSync(path);
      return kept;
    },
    stats: () => ({ written, waiting: waiting.length, anchorFailures }),
    close() {
      closing ??= close();
      return closing;
    },
    [Symbol.asyncDispose]() {
      closing ??= close();
      return closing;
    },
  };
}

/** How many of them share the next write. */
function countOf(waiting: readonly Waiting[]): number {
  let length = 0;
  for (const [index, { members }] of waiting.entries()) {
    length += members.length;
    if (index + 1 >= batchRecords || length >= batchLength) return index + 1;
  }
  return waiting.length;
}

/** Both kinds of first records name their log. */
function logOf(folder: string): string {
  const [first] = segmentsOf(folder);
  return first === undefined ? randomUUID() : firstOf(first.path).log;
}
