import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type Clock, systemClock, type Timer, wholeNumber } from '@seaworthy/contracts';
import { noteRecord } from '../requests/audited.js';
import { anchoring } from './anchoring.js';
import { AuditError } from './audit-error.js';
import { eventWriter } from './audit-event.js';
import { openAuditFile } from './audit-file.js';
import type { AuditLog } from './audit-log.js';
import {
  auditRedactor,
  type FileAuditOptions,
  purgeable,
  readFileAuditOptions,
  retentionOf,
} from './audit-options.js';
import { type AuditCheckpoint, type ChainHead, genesis, signerOf } from './chain.js';
import { purgeableFiles } from './purge-files.js';
import { purgeMembers, type RecordBuilder, recordBuilder, type SignedLine } from './records.js';
import { signedBeginning } from './signed-beginning.js';

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
  const { folder, checkpointEvery = 1_000, checkpointMs = 60_000, maxWaiting = 10_000 } = given;
  const clock: Clock = given.clock ?? systemClock;
  for (const [name, value] of Object.entries({ checkpointEvery, checkpointMs, maxWaiting })) {
    wholeNumber('createAuditLog', name, value, { min: 1 });
  }
  const retentionDays = retentionOf(given);
  const signer = signerOf(given.key, given.formerKeys);
  const writeEvent = eventWriter(given.redactor ?? auditRedactor());
  const anchors = anchoring(given.anchor, clock);
  const file = await openAuditFile(folder, signer, clock);

  let head = file.tail?.head ?? genesis;
  const log = file.tail?.log ?? randomUUID();
  let waiting: Waiting[] = [];
  let writing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  let timer: Timer | undefined;
  let sinceCheckpoint = file.tail?.unsigned ?? 0;
  let written = 0;
  let segmentDay = dayOf(file.tail === undefined ? clock.now() : Date.parse(file.tail.at));
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
    const builder = recordBuilder(head, log, signer);
    const heads: ChainHead[] = [];
    let unsigned = sinceCheckpoint;
    let signed: AuditCheckpoint | undefined;
    let text = '';
    const sign = ({ line, checkpoint }: SignedLine): void => {
      text += line;
      signed = checkpoint;
      unsigned = 0;
    };
    try {
      if (needsFile()) {
        const [first, checkpoint] = await beginFile(builder);
        text = first;
        sign(checkpoint);
      }
      for (const { type, at, members } of batch) {
        text += builder.add(type, at, members);
        heads.push(builder.head);
        unsigned += 1;
        if (unsigned >= checkpointEvery || type === 'mark') sign(builder.checkpoint(now()));
      }
      await file.append(text);
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    head = builder.head;
    written += batch.length;
    sinceCheckpoint = unsigned;
    if (signed !== undefined) {
      lastCheckpoint = signed;
      anchors.take(signed);
    }
    if (unsigned > 0) timer ??= clock.schedule(onTimer, checkpointMs);
    else stopTimer();
    for (const [index, { resolve }] of batch.entries()) resolve(heads[index] ?? head);
  }

  /** A file is a day's, so that purging takes days. */
  function needsFile(): boolean {
    return file.size === 0 || file.size >= segmentBytes || dayOf(clock.now()) !== segmentDay;
  }

  async function beginFile(builder: RecordBuilder): Promise<ReturnType<RecordBuilder['beginning']>> {
    await file.roll(head.seq + 1);
    segmentDay = dayOf(clock.now());
    return builder.beginning(now());
  }

  function onTimer(): void {
    timer = undefined;
    if (sinceCheckpoint === 0) return;
    void checkpoint().catch(() => {
      if (closing === undefined) timer ??= clock.schedule(onTimer, checkpointMs);
    });
  }

  function stopTimer(): void {
    timer?.cancel();
    timer = undefined;
  }

  async function checkpoint(): Promise<AuditCheckpoint> {
    await put('mark', '');
    if (lastCheckpoint === undefined) throw new AuditError('No checkpoint.', { code: 'AUDIT_BROKEN' });
    return lastCheckpoint;
  }

  async function close(): Promise<void> {
    stopTimer();
    try {
      while (writing !== undefined) await writing;
      if (sinceCheckpoint > 0) await checkpoint();
    } finally {
      await file.close();
      await anchors.settle();
    }
  }

  function checkOpen(): void {
    if (closing === undefined) return;
    throw new AuditError('The audit log is closed.', { code: 'AUDIT_CLOSED' });
  }

  // Who writes to the folder while no service runs could have put unsigned records there: the log says which it found.
  if (file.takenOver || file.torn + sinceCheckpoint > 0) {
    await put('recovery', `,"bytes":${file.torn},"unsigned":${sinceCheckpoint}`).catch(
      async (error: unknown) => {
        await file.close();
        throw error;
      },
    );
  }

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
      const old = purgeableFiles(folder, before);
      if (old === undefined) return 0;
      const { seq, previous } = signedBeginning(old.beginning, signer, log, before);
      const purge = { log, through: seq - 1, hash: previous, before: new Date(before).toISOString() };
      await put('purge', purgeMembers(purge, signer));
      for (const path of old.paths) rmSync(path, { force: true }); // from the first one on: a purge that is stopped leaves no hole
      return old.paths.length;
    },
    stats: () => ({ written, waiting: waiting.length, anchorFailures: anchors.failures() }),
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

function dayOf(time: number): number {
  return Math.floor(time / dayMs);
}
