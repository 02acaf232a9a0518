import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Secret } from '@seaworthy/contracts';
import { createFakeClock, type FakeClock, size, waitFor } from '@seaworthy/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import { type AuditCheckpoint, verifyAudit } from '../src/audit/index.js';
import { withContext } from '../src/index.js';
import {
  bodies,
  dayMs,
  event,
  files,
  open,
  privateKey,
  publicKey,
  publicKeys,
  smallLog,
  stranger,
} from './support/audit-log.js';
import { needsBuild, startFixture } from './support/run-fixture.js';
import { smallDisk } from './support/small-disk.js';
import { tempFolder } from './support/temp-folder.js';

beforeAll(needsBuild);

describe('an audit log', () => {
  test('[row 93] holds what was recorded, in order, across restarts, and verifies', async () => {
    const folder = tempFolder();
    for (const run of [0, 1, 2]) {
      await using audit = await open(folder, { checkpointEvery: 10 });
      const heads = await Promise.all(
        Array.from({ length: 25 }, (_, index) => audit.record(event(run * 25 + index))),
      );
      expect(new Set(heads.map(({ seq }) => seq)).size).toBe(25);
    }
    const events = bodies(folder).filter(({ type }) => type === 'event');
    expect(events.map(({ target }) => target)).toEqual(Array.from({ length: 75 }, (_, id) => ({ id })));
    expect(events[0]).toMatchObject({ v: 1, actor: 'u1', action: 'customer.update', outcome: 'success' });
    expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: true, unsigned: 0 });
  });

  test('takes secrets out, keeps who and what, and says which request it was', async () => {
    const folder = tempFolder();
    const audit = await open(folder);
    await withContext({ requestId: 'r1' }, () =>
      audit.record({
        actor: { id: 7, email: 'ada@example.test' },
        action: 'login',
        outcome: 'failure',
        changes: { password: { from: 'canary', to: 'canary' } },
        details: {
          url: '/login?token=canary',
          key: new Secret('K', 'canary'),
          header: 'Bearer canary-123456',
        },
      }),
    );
    await audit.close();
    expect(JSON.stringify(bodies(folder))).not.toContain('canary');
    expect(bodies(folder).find(({ type }) => type === 'event')).toMatchObject({
      actor: { id: 7, email: 'ada@example.test' },
      changes: { password: '[redacted]' },
      requestId: 'r1',
    });
  });

  test('refuses what is no event, a key that cannot sign, and unknown options', async () => {
    const audit = await open(tempFolder());
    await expect(audit.record({ ...event(1), outcome: 'ok' as 'success' })).rejects.toThrow(
      /"success", "failure" or "denied"/,
    );
    await expect(audit.record({ ...event(1), action: '' })).rejects.toThrow(/"action"/);
    // @ts-expect-error a misspelt member
    await expect(audit.record({ ...event(1), actr: 1 })).rejects.toThrow(/Did you mean "actor"/);
    await audit.close();
    await expect(audit.record(event(1))).rejects.toMatchObject({ code: 'AUDIT_CLOSED' });
    await expect(open(tempFolder(), { key: 'canary' })).rejects.toThrow(/Ed25519/);
    await expect(open(tempFolder(), { key: publicKey })).rejects.toThrow(/Ed25519/);
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await (await open(tempFolder(), { key: new Secret('AUDIT_KEY', pem) })).close();
    await (await open(tempFolder(), { key: createPrivateKey(pem) })).close();
  });

  test('has one writer, and what a writer that was killed left is taken over', async () => {
    const folder = tempFolder();
    const audit = await open(folder);
    await expect(open(folder)).rejects.toMatchObject({ code: 'AUDIT_LOCKED' });
    await audit.close();
  });

  test('SIGKILL loses no record that was acknowledged', async () => {
    const folder = tempFolder();
    const keyFile = join(tempFolder(), 'key.pem');
    writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const { child, output, exited } = startFixture('auditing', [folder, keyFile]);
    await waitFor(() => output.stdout.split('\n').length > 2_000, {
      what: 'acknowledged records',
      timeoutMs: 30_000,
    });
    child.kill('SIGKILL');
    await exited;
    const acknowledged = output.stdout.split('\n').slice(0, -1).map(Number);
    const audit = await open(folder);
    await audit.record(event(-1));
    await audit.close();
    const there = new Set(
      bodies(folder)
        .filter(({ type }) => type === 'event')
        .map(({ target }) => Number(Object(target).id)),
    );
    expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
    expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: true, unsigned: 0 });
  });

  test('what a crash tore off is put aside, said in the log, and the log goes on', async () => {
    const { folder, file } = await smallLog();
    appendFileSync(file, `${'0'.repeat(64)} {"half":`);
    const audit = await open(folder);
    await audit.record(event(6));
    await audit.close();
    expect(bodies(folder).filter(({ type }) => type === 'recovery')).toHaveLength(1);
    expect(readdirSync(folder).filter((name) => name.startsWith('torn-'))).toHaveLength(1);
    expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: true });
  });

  test('a crash in the middle of the first write leaves a log that can be opened, wherever it tore', async () => {
    const { folder, file } = await smallLog();
    const whole = readFileSync(file);
    const signed = whole.indexOf(0x0a, whole.indexOf(0x0a) + 1) + 1;
    for (const length of [0, 1, whole.indexOf(0x0a), whole.indexOf(0x0a) + 1, signed - 1, signed]) {
      writeFileSync(file, whole.subarray(0, length));
      const audit = await open(folder);
      await audit.record(event(1));
      await audit.close();
      expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: true, unsigned: 0 });
    }
  });

  test('a full disk fails the records that it does not take, and no others', async (context) => {
    const folder = smallDisk();
    if (folder === undefined) return context.skip('mounting a small tmpfs needs root');
    const ballast = join(folder, 'ballast');
    writeFileSync(ballast, Buffer.alloc(128 * 1_024));
    const audit = await open(folder);
    const taken: number[] = [];
    let failure: unknown;
    for (let id = 0; failure === undefined; id += 1) {
      await audit.record(event(id)).then(
        () => taken.push(id),
        (error: unknown) => {
          failure = error;
        },
      );
    }
    expect(failure).toMatchObject({ code: 'AUDIT_WRITE_FAILED', cause: { code: 'ENOSPC' } });
    rmSync(ballast);
    await audit.record(event(-1));
    await audit.close();
    const events = bodies(folder).filter(({ type }) => type === 'event');
    expect(events.map(({ target }) => target)).toEqual([...taken, -1].map((id) => ({ id })));
    expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: true });
  });

  test('more records than may wait are refused, not kept', async () => {
    const audit = await open(tempFolder(), { maxWaiting: 10 });
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, (_, index) => audit.record(event(index))),
    );
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(20);
    expect(refused[0]).toMatchObject({ reason: { code: 'AUDIT_OVERLOADED' } });
    await audit.close();
  });

  test('an anchor that fails costs no record and is counted; the next gets its turn', async () => {
    const anchored: AuditCheckpoint[] = [];
    let isDown = true;
    const audit = await open(tempFolder(), {
      anchor: async (checkpoint) => {
        if (isDown) throw new Error('down');
        anchored.push(checkpoint);
      },
    });
    await audit.record(event(1));
    await audit.checkpoint();
    await waitFor(() => audit.stats().anchorFailures === 1, { what: 'the failure' });
    isDown = false;
    await audit.checkpoint();
    await waitFor(() => anchored.length === 1, { what: 'the anchor' });
    await audit.close();
  });

  test('a checkpoint that could not be written is tried again, however quiet it is', async () => {
    const clock = createFakeClock({ now: Date.parse('2026-06-15T12:00:00.000Z') });
    const folder = tempFolder();
    const anchored: AuditCheckpoint[] = [];
    const audit = await open(folder, { clock, anchor: async (each) => anchored.push(each) });
    const { seq } = await audit.record(event(1));
    renameSync(folder, `${folder}.aside`);
    await clock.advance(60_000);
    await waitFor(() => clock.pending > 0, { what: 'another try' });
    renameSync(`${folder}.aside`, folder);
    await clock.advance(60_000);
    await waitFor(() => (anchored.at(-1)?.seq ?? 0) > seq, { what: 'the checkpoint' });
    await audit.close();
  });

  test('closing waits for the anchors that are under way, and for those that never end it stops waiting', async () => {
    const clock = createFakeClock({ now: Date.parse('2026-06-15T12:00:00.000Z') });
    const anchored: number[] = [];
    const begun: number[] = [];
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const audit = await open(tempFolder(), {
      clock,
      anchor: async ({ seq }) => {
        begun.push(seq);
        await released;
        anchored.push(seq);
      },
    });
    await audit.record(event(1));
    const closed = audit.close();
    await waitFor(() => begun.length === 2, { what: 'the anchors' });
    expect(await Promise.race([closed, clock.advance(4_999).then(() => 'waits')])).toBe('waits');
    release();
    await closed;
    expect(anchored).toEqual(begun);
    expect(audit.stats().anchorFailures).toBe(0);

    const other = await open(tempFolder(), { clock, anchor: () => new Promise(() => undefined) });
    await other.record(event(1));
    const given = other.close();
    await waitFor(() => clock.pending > 0, { what: 'the deadline' });
    await clock.advance(5_000);
    await given;
    expect(other.stats().anchorFailures).toBe(2);
  });

  test('an anchor that never answers holds no more than a hundred checkpoints', async () => {
    const clock = createFakeClock({ now: Date.parse('2026-06-15T12:00:00.000Z') });
    let asked = 0;
    const audit = await open(tempFolder(), {
      clock,
      anchor: () => {
        asked += 1;
        return new Promise(() => undefined);
      },
    });
    for (let number = 0; number < 102; number += 1) await audit.checkpoint();
    expect([asked, audit.stats().anchorFailures]).toEqual([100, 2]);
  });

  test('says so in its own error when a new file cannot be opened, and goes on when it can', async () => {
    const clock = createFakeClock({ now: Date.parse('2026-06-15T12:00:00.000Z') });
    const folder = tempFolder();
    const audit = await open(folder, { clock });
    await audit.record(event(1));
    const { seq } = await audit.checkpoint();
    const next = join(folder, `audit-${String(seq + 1).padStart(15, '0')}.jsonl`);
    mkdirSync(next);
    await clock.advance(dayMs);
    await expect(audit.record(event(2))).rejects.toMatchObject({
      code: 'AUDIT_WRITE_FAILED',
      cause: { code: 'EISDIR' },
    });
    rmdirSync(next);
    await audit.record(event(3));
    await audit.close();
    expect(bodies(folder).filter(({ type }) => type === 'event')).toMatchObject([
      { target: { id: 1 } },
      { target: { id: 3 } },
    ]);
    expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: true, unsigned: 0 });
  });

  test('new records get a checkpoint after a while, however few they are', async () => {
    const clock = createFakeClock({ now: Date.parse('2026-06-15T12:00:00.000Z') });
    const anchored: AuditCheckpoint[] = [];
    const audit = await open(tempFolder(), {
      clock,
      checkpointMs: 60_000,
      anchor: async (each) => anchored.push(each),
    });
    const { seq } = await audit.record(event(1));
    await clock.advance(59_000);
    expect(anchored).toMatchObject([{ seq: 1 }]); // of the beginning
    await clock.advance(1_000);
    await waitFor(() => anchored.length === 2, { what: 'the checkpoint' });
    expect(anchored[1]?.seq).toBeGreaterThan(seq);
    await audit.close();
  });
});

describe('verifyAudit', () => {
  test('[row 93] detects every single byte that is changed', async () => {
    const { folder, file, anchors } = await smallLog();
    const original = readFileSync(file);
    const flips = size({ test: [0x01], soak: [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff] });
    for (const flip of flips) {
      for (let at = 0; at < original.length; at += 1) {
        const changed = Buffer.from(original);
        changed[at] = (changed[at] ?? 0) ^ flip;
        writeFileSync(file, changed);
        const verdict = await verifyAudit(folder, { publicKeys, anchors });
        expect({ at, ok: verdict.ok }).toEqual({ at, ok: false });
        // It names the record in which the byte is.
        const line = original.subarray(0, at).filter((byte) => byte === 0x0a).length;
        if (!verdict.ok) expect(verdict.seq).toBe(line);
      }
    }
  });

  test('[row 93] detects every record that is left out, doubled or swapped with the next', async () => {
    const { folder, file, anchors } = await smallLog();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    for (let at = 0; at < lines.length; at += 1) {
      const line = lines[at] ?? '';
      const without = lines.toSpliced(at, 1);
      const doubled = lines.toSpliced(at, 0, line);
      const swapped = at + 1 < lines.length ? lines.toSpliced(at, 2, lines[at + 1] ?? '', line) : without;
      for (const changed of [without, doubled, swapped]) {
        writeFileSync(file, `${changed.join('\n')}\n`);
        expect(await verifyAudit(folder, { publicKeys, anchors })).toMatchObject({ ok: false });
      }
    }
  });

  test('[row 93] detects every byte that is left out or added, and every two records that change places', async () => {
    const { folder, file, anchors } = await smallLog();
    const original = readFileSync(file);
    const verdictOn = async (changed: Uint8Array) => {
      writeFileSync(file, changed);
      return (await verifyAudit(folder, { publicKeys, anchors })).ok;
    };
    for (let at = 0; at < original.length; at += size({ test: 41, soak: 1 })) {
      const before = original.subarray(0, at);
      const without = Buffer.concat([before, original.subarray(at + 1)]);
      const with1 = Buffer.concat([before, Buffer.from('0'), original.subarray(at)]);
      expect({ at, ok: [await verdictOn(without), await verdictOn(with1)] }).toEqual({
        at,
        ok: [false, false],
      });
    }
    const lines = original.toString().trimEnd().split('\n');
    for (let one = 0; one < lines.length; one += 1) {
      for (let other = one + 1; other < lines.length; other += 1) {
        const moved = lines.with(one, lines[other] ?? '').with(other, lines[one] ?? '');
        expect(await verdictOn(Buffer.from(`${moved.join('\n')}\n`))).toBe(false);
      }
    }
  });

  test('knows a log whose key was changed by both keys, and names the first checkpoint of a key that it lacks', async () => {
    const folder = tempFolder();
    const keys = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
    const anchors: AuditCheckpoint[] = [];
    for (const pair of keys) {
      const audit = await open(folder, {
        key: pair.privateKey,
        anchor: async (checkpoint) => anchors.push(checkpoint),
      });
      for (const number of [1, 2, 3]) await audit.record(event(number));
      await audit.close();
    }
    const known = keys.map((pair) => pair.publicKey);
    expect(await verifyAudit(folder, { publicKeys: known, anchors })).toMatchObject({
      ok: true,
      unsigned: 0,
    });
    expect(new Set(anchors.map(({ key }) => key)).size).toBe(2);
    const firsts = anchors.filter(({ key }, index) => key !== anchors[index - 1]?.key);
    for (const [index, publicKeys] of known
      .map((each) => [each])
      .toReversed()
      .entries()) {
      const { seq } = firsts[index] ?? { seq: Number.NaN };
      expect(await verifyAudit(folder, { publicKeys })).toEqual({ ok: false, seq, reason: 'signature' });
    }
  });

  test('[row 93] detects every truncation with an anchor, and those inside of a record without', async () => {
    const { folder, file, anchors } = await smallLog();
    const original = readFileSync(file);
    for (const length of cutsOf(original).slice(0, -1)) {
      writeFileSync(file, original.subarray(0, length));
      expect(await verifyAudit(folder, { publicKeys, anchors })).toMatchObject({ ok: false });
      // Whole records, from the first checkpoint on.
      const isSigned = original.subarray(0, length).includes('"checkpoint"');
      const atEnd = length === 0 || (original[length - 1] === 0x0a && isSigned);
      expect({ length, ok: (await verifyAudit(folder, { publicKeys })).ok }).toEqual({ length, ok: atEnd });
    }
    rmSync(file);
    expect(await verifyAudit(folder, { publicKeys, anchors })).toEqual({
      ok: false,
      seq: 0,
      reason: 'truncated',
    });
  });

  test('[row 93] detects every truncation of a closed log but one right behind a checkpoint, also without an anchor', async () => {
    const { folder, file } = await smallLog();
    const original = readFileSync(file);
    const text = original.toString('latin1');
    const checkpointEnds = [...text.matchAll(/"type":"checkpoint".*\n/g)].map(
      (match) => match.index + match[0].length,
    );
    expect(checkpointEnds).toHaveLength(3);
    expect(checkpointEnds.at(-1)).toBe(original.length);
    for (const length of cutsOf(original)) {
      writeFileSync(file, original.subarray(0, length));
      const { ok } = await verifyAudit(folder, { publicKeys, closed: true });
      expect({ length, ok }).toEqual({ length, ok: checkpointEnds.includes(length) });
    }
    rmSync(file);
    expect(await verifyAudit(folder, { publicKeys, closed: true })).toEqual({
      ok: false,
      seq: 0,
      reason: 'truncated',
    });
  });

  test('a write that is under way is waited for, and no tampering; one that never ends is', async () => {
    const { folder, file } = await smallLog();
    const whole = readFileSync(file);
    writeFileSync(join(folder, 'audit.lock'), '');
    writeFileSync(file, whole.subarray(0, -10));
    const verdict = verifyAudit(folder, { publicKeys });
    appendFileSync(file, whole.subarray(-10));
    appendFileSync(file, '0'.repeat(64)); // of the next
    expect(await verdict).toMatchObject({ ok: true, unsigned: 0 });
    expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: false, reason: 'format' });
  });

  test('what a writer that was killed left unsigned is signed by the next one, also when that records nothing', async () => {
    const folder = tempFolder();
    const audit = await open(folder);
    const { seq } = await audit.record(event(1));
    const left = tempFolder();
    cpSync(folder, left, { recursive: true, filter: (path) => !path.endsWith('.lock') });
    await audit.close();
    expect(await verifyAudit(left, { publicKeys })).toMatchObject({ ok: true, unsigned: 1 });
    expect(await verifyAudit(left, { publicKeys, closed: true })).toEqual({
      ok: false,
      seq: seq + 1,
      reason: 'truncated',
    });
    await (await open(left)).close();
    expect(await verifyAudit(left, { publicKeys, closed: true })).toMatchObject({ ok: true, unsigned: 0 });
  });

  test('detects a chain that was made anew without the key, and a key that it was not told of', async () => {
    const { folder } = await smallLog();
    expect(await verifyAudit(folder, { publicKeys: [stranger.publicKey] })).toMatchObject({
      ok: false,
      reason: 'signature',
    });
    expect(await verifyAudit(folder, { publicKeys: [stranger.publicKey, publicKey] })).toMatchObject({
      ok: true,
    });
    const forged = tempFolder();
    const audit = await open(forged, { key: stranger.privateKey, checkpointEvery: 2 });
    for (const number of [1, 2, 3]) await audit.record(event(number));
    await audit.close();
    expect(await verifyAudit(forged, { publicKeys })).toMatchObject({ ok: false, reason: 'signature' });
  });

  test('detects another log in place of the one that was anchored', async () => {
    const { anchors } = await smallLog();
    const other = await smallLog();
    expect(await verifyAudit(other.folder, { publicKeys, anchors })).toMatchObject({
      ok: false,
      reason: 'anchor',
    });
  });
});

describe('retention', () => {
  test('[row 92] shorter than a year is refused in production, and purging earlier is refused everywhere', async () => {
    await expect(open(tempFolder(), { retentionDays: 364 })).rejects.toMatchObject({
      code: 'AUDIT_RETENTION',
    });
    await (await open(tempFolder(), { retentionDays: 364, environment: 'staging' })).close();
    const audit = await open(tempFolder());
    await expect(audit.purge(364)).rejects.toMatchObject({ code: 'AUDIT_RETENTION' });
    expect(await audit.purge(366)).toBe(0);
    await audit.close();
  });

  test('[row 92] a purge takes whole files that are older, and what is left still verifies', async () => {
    const folder = tempFolder();
    const clock = createFakeClock({ now: Date.parse('2025-01-01T12:00:00.000Z') });
    const audit = await open(folder, { clock });
    for (let day = 0; day < 10; day += 1) {
      await audit.record(event(day));
      await clock.advance(dayMs);
    }
    await passYear(clock);
    expect(files(folder)).toHaveLength(10);
    await audit.record(event(10));
    expect(await audit.purge(366)).toBe(4);
    await audit.close();
    expect(files(folder)).toHaveLength(7);
    expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: true });
    // Without the record of the purge, a missing beginning is one.
    const copy = tempFolder();
    cpSync(folder, copy, { recursive: true });
    const last = join(copy, files(copy).at(-1) ?? '');
    const text = readFileSync(last, 'utf8');
    truncateSync(last, text.indexOf('\n', text.indexOf('"type":"event"')) + 1);
    expect(await verifyAudit(copy, { publicKeys })).toMatchObject({ ok: false, reason: 'beginning' });
    rmSync(join(folder, files(folder)[0] ?? ''));
    expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: false, reason: 'beginning' });
  });
});

test('[row 92] a log that is opened anew each day begins a file each day, so that a purge takes what is old', async () => {
  const folder = tempFolder();
  const start = Date.parse('2025-01-01T12:00:00.000Z');
  const days = [0, 1, 2, 370, 371];
  for (const day of days) {
    await using audit = await open(folder, { clock: createFakeClock({ now: start + day * dayMs }) });
    await audit.record(event(day));
  }
  expect(files(folder)).toHaveLength(days.length);
  await using audit = await open(folder, { clock: createFakeClock({ now: start + 371 * dayMs }) });
  expect(await audit.purge(366)).toBe(2); // the third day's is followed by a young one
  expect(await audit.purge(366)).toBe(0);
  expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: true });
});

test('[row 92] a clock that was set back for a while does not make a purge take what is young', async () => {
  const folder = tempFolder();
  const start = Date.parse('2026-06-15T12:00:00.000Z');
  const unset = Date.parse('1970-01-02T00:00:00.000Z');
  const times = [unset, start, start + dayMs, unset + dayMs, start + 200 * dayMs];
  for (const [number, now] of times.entries()) {
    await using audit = await open(folder, { clock: createFakeClock({ now }) });
    await audit.record(event(number));
  }
  expect(files(folder)).toHaveLength(times.length);
  const purgeAt = async (now: number): Promise<number> => {
    await using audit = await open(folder, { clock: createFakeClock({ now }) });
    return audit.purge(366);
  };
  const left = () =>
    bodies(folder)
      .filter(({ type }) => type === 'event')
      .map(({ target }) => Object(target).id);
  // The first record's day is not known: it is older than the one behind it, and that is young.
  expect(await purgeAt(start + 201 * dayMs)).toBe(0);
  expect(left()).toEqual([0, 1, 2, 3, 4]);
  // The fourth may have been made on the day of the fifth.
  expect(await purgeAt(start + 400 * dayMs)).toBe(3);
  expect(left()).toEqual([3, 4]);
  expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: true });
});

/** In steps, because each day's timers fire. */
async function passYear(clock: FakeClock): Promise<void> {
  for (let day = 0; day < 360; day += 30) await clock.advance(30 * dayMs);
}

/** Lengths to cut a log to: all, or those around the ends of records and some between. */
function cutsOf(bytes: Buffer): number[] {
  const step = size({ test: 7, soak: 1 });
  const isNearEnd = (length: number): boolean =>
    bytes.subarray(Math.max(0, length - 2), length + 2).includes(0x0a);
  return Array.from({ length: bytes.length + 1 }, (_, length) => length).filter(
    (length) => length % step === 0 || isNearEnd(length) || length === bytes.length,
  );
}
