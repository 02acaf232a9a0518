import { AuditError } from './audit-error.js';
import { type ChainHead, type Claim, hashOf, type Signer } from './chain.js';

/** Where a log goes on. */
export interface AuditTail {
  readonly head: ChainHead;
  readonly log: string;
  /** When its last record was made. */
  readonly at: string;
  /** Records behind the last checkpoint, because their writer did not close the log; or because somebody else put them there. */
  readonly unsigned: number;
}

/** How many bytes of a file are whole records. A first record alone is none: it is written together with its checkpoint. */
export function wholePart(bytes: Buffer): number {
  const end = bytes.lastIndexOf(0x0a) + 1;
  return bytes.indexOf(0x0a) === end - 1 ? 0 : end;
}

/**
 * Reads the end of a log from its last file, back to the last checkpoint. It is checked because the next checkpoint signs whatever it
 * follows on.
 *
 * @param bytes whole records
 * @throws AuditError `AUDIT_FORMAT`
 */
export function tailOf(bytes: Buffer, signer: Signer, folder: string): AuditTail {
  const behind: Line[] = [];
  for (let end = bytes.length - 1; end > 0; ) {
    const start = bytes.lastIndexOf(0x0a, end - 1) + 1;
    const line = read(bytes.subarray(start, end), folder);
    const previous =
      start === 0 ? undefined : read(bytes.subarray(lineBefore(bytes, start), start - 1), folder);
    if (line.body.type === 'checkpoint' && previous !== undefined) {
      if (signer.made(line.claim, previous.head) === false) throw unreadable(folder);
      return follow(previous.head, [line, ...behind.reverse()], folder);
    }
    behind.push(line);
    end = start - 1;
  }
  throw unreadable(folder);
}

interface Line {
  readonly head: ChainHead;
  readonly body: Readonly<Record<string, unknown>>;
  readonly bytes: Uint8Array;
  readonly claim: Claim;
}

function lineBefore(bytes: Buffer, start: number): number {
  return start < 2 ? 0 : bytes.lastIndexOf(0x0a, start - 2) + 1;
}

/** Whether the lines follow on `head` and on one another. */
function follow(head: ChainHead, lines: readonly Line[], folder: string): AuditTail {
  let { seq, hash } = head;
  for (const { head: next, bytes } of lines) {
    seq += 1;
    if (next.seq !== seq || next.hash !== hashOf(hash, bytes)) throw unreadable(folder);
    hash = next.hash;
  }
  const { log } = lines[0]?.claim ?? {};
  const { at } = lines.at(-1)?.claim ?? {};
  // It becomes part of what is signed.
  if (log === undefined || at === undefined || !isLogName(log)) throw unreadable(folder);
  return { head: { seq, hash }, log, at, unsigned: lines.length - 1 };
}

/** A UUID. Anything else could make one signed text pass for another. */
export function isLogName(log: string): boolean {
  return /^[0-9a-f-]{36}$/.test(log);
}

function read(text: Buffer, folder: string): Line {
  const hash = text.toString('latin1', 0, 64);
  const bytes = text.subarray(65);
  try {
    const body: Readonly<Record<string, unknown>> = JSON.parse(bytes.toString());
    const field = (name: string): string => String(body[name]);
    const claim = { log: field('log'), at: field('at'), key: field('key'), signature: field('signature') };
    if (typeof body.seq === 'number') return { head: { seq: body.seq, hash }, body, bytes, claim };
  } catch {
    // Said below.
  }
  throw unreadable(folder);
}

function unreadable(folder: string): AuditError {
  return new AuditError(
    `The end of the audit log in ${folder} cannot be read, or does not follow on a signed checkpoint. Run verifyAudit; restore a copy, or move the folder aside as evidence and begin a new log.`,
    { code: 'AUDIT_FORMAT' },
  );
}
