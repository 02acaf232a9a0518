import { createHash, generateKeyPairSync } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AuditCheckpoint,
  type AuditEvent,
  createAuditLog,
  type FileAuditOptions,
} from '../../src/audit/index.js';
import { tempFolder } from './temp-folder.js';

export const { privateKey, publicKey } = generateKeyPairSync('ed25519');
export const stranger = generateKeyPairSync('ed25519');
export const publicKeys = [publicKey];
export const dayMs = 86_400_000;

export const event = (number: number): AuditEvent => ({
  actor: 'u1',
  action: 'customer.update',
  target: { id: number },
  outcome: 'success',
  changes: { name: { from: 'A', to: 'B' } },
});

export function open(folder: string, options: Partial<FileAuditOptions> = {}) {
  return createAuditLog({ folder, key: privateKey, environment: 'production', ...options });
}

/** Names, in the order of their records. */
export function files(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort();
}

export function lines(folder: string): string[] {
  return files(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'));
}

export function bodies(folder: string): Array<Record<string, unknown>> {
  return lines(folder).map((line) => JSON.parse(line.slice(65)));
}

/** A small log with several checkpoints, and the last of them as it was handed to the anchor. */
export async function smallLog(): Promise<{
  readonly folder: string;
  readonly file: string;
  readonly anchors: AuditCheckpoint[];
}> {
  const folder = tempFolder();
  const anchors: AuditCheckpoint[] = [];
  const audit = await open(folder, {
    checkpointEvery: 2,
    anchor: async (checkpoint) => anchors.push(checkpoint),
  });
  for (const number of [1, 2, 3]) await audit.record({ actor: number, action: 'x', outcome: 'success' });
  await audit.close();
  return { folder, file: join(folder, files(folder)[0] ?? ''), anchors: anchors.slice(-1) };
}

/** What somebody without the key can do: records that follow on `previous`, with right numbers and hashes. */
export function forge(
  previous: { readonly seq: number; readonly hash: string },
  members: ReadonlyArray<Readonly<Record<string, unknown>>>,
): string {
  let { seq, hash } = previous;
  let text = '';
  for (const each of members) {
    seq += 1;
    const body = JSON.stringify({ v: 1, seq, at: '2026-01-01T00:00:00.000Z', ...each });
    hash = createHash('sha256').update(hash).update('\n').update(body).digest('hex');
    text += `${hash} ${body}\n`;
  }
  return text;
}

/** Where the log in a folder ends. */
export function headOf(folder: string): { readonly seq: number; readonly hash: string } {
  const last = lines(folder).at(-1) ?? '';
  return { seq: JSON.parse(last.slice(65)).seq, hash: last.slice(0, 64) };
}

/** Forged records at the end of the log. */
export function append(folder: string, ...members: ReadonlyArray<Readonly<Record<string, unknown>>>): void {
  appendFileSync(join(folder, files(folder).at(-1) ?? ''), forge(headOf(folder), members));
}
