import { generateKeyPairSync } from 'node:crypto';
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFakeClock } from '@seaworthy/testkit';
import { describe, expect, test } from 'vitest';
import { type AuditCheckpoint, verifyAudit } from '../src/audit/index.js';
import {
  append,
  bodies,
  dayMs,
  event,
  files,
  forge,
  headOf,
  lines,
  open,
  privateKey,
  publicKeys,
  smallLog,
  stranger,
} from './support/audit-log.js';
import { tempFolder } from './support/temp-folder.js';

const genesis = { seq: -1, hash: '0'.repeat(64) };
const start = Date.parse('2025-01-01T12:00:00.000Z');

interface Days {
  readonly folder: string;
  readonly anchors: AuditCheckpoint[];
}

/** A log of some days, a file each, and the checkpoint of each day. */
async function daysLog(days = 5, key = privateKey): Promise<Days> {
  const folder = tempFolder();
  const anchors: AuditCheckpoint[] = [];
  const clock = createFakeClock({ now: start });
  const audit = await open(folder, { key, clock });
  for (let day = 0; day < days; day += 1) {
    await audit.record(event(day));
    anchors.push(await audit.checkpoint());
    await clock.advance(dayMs);
  }
  await audit.close();
  return { folder, anchors };
}

/** The log again, a year later, after its first day was purged rightly. */
async function purgedLog(days = 5, key = privateKey): Promise<Days> {
  const log = await daysLog(days, key);
  const audit = await open(log.folder, {
    key,
    clock: createFakeClock({ now: start + 367 * dayMs }),
    anchor: async (checkpoint) => log.anchors.push(checkpoint),
  });
  expect(await audit.purge(366)).toBe(1);
  await audit.close();
  return log;
}

function drop(folder: string, count: number): void {
  for (const name of files(folder).slice(0, count)) rmSync(join(folder, name));
}

/** What a purge would have to say for the log to begin where it begins. */
function beginningOf(folder: string) {
  const [first = {}] = bodies(folder);
  return { through: Number(first.seq) - 1, hash: String(first.previous), log: String(first.log) };
}

function purgeIn(folder: string): Record<string, unknown> {
  const {
    v: _v,
    seq: _seq,
    at: _at,
    ...purge
  } = bodies(folder).findLast(({ type }) => type === 'purge') ?? {};
  return purge;
}

/** With the anchors and without, after the service went on with the log for a while, or refused to. */
async function verdicts({ folder, anchors }: Days) {
  const found = [
    await verifyAudit(folder, { publicKeys, anchors }),
    await verifyAudit(folder, { publicKeys }),
  ];
  const signed = tempFolder();
  cpSync(folder, signed, { recursive: true });
  const audit = await open(signed).catch(() => undefined);
  await audit?.record(event(-1));
  await audit?.close();
  return [...found, await verifyAudit(signed, { publicKeys })];
}

const bad = (reason: string) => Array(3).fill(expect.objectContaining({ ok: false, reason }));

describe('who can write to the folder and has no key', () => {
  test('[row 93] cannot delete the beginning', async () => {
    const log = await daysLog();
    expect((await verdicts(log)).map(({ ok }) => ok)).toEqual([true, true, true]);
    drop(log.folder, 4);
    expect(await verdicts(log)).toEqual(bad('beginning'));
  });

  test('[row 93] cannot explain that by a purge of its own making', async () => {
    for (const more of [0, 3]) {
      for (const { sign } of [{ sign: {} }, { sign: { key: '0'.repeat(16), signature: 'AAAA' } }]) {
        const log = await daysLog();
        drop(log.folder, 4);
        const { through, hash } = beginningOf(log.folder);
        append(log.folder, {
          type: 'purge',
          ...beginningOf(log.folder),
          through: through + more,
          hash,
          ...sign,
        });
        expect(await verdicts(log)).toEqual(bad('signature'));
      }
    }
  });

  test('[row 93] cannot explain it by a purge that another key signed, or that was signed for another log', async () => {
    const ofStranger = await purgedLog(5, stranger.privateKey);
    const ofOther = await purgedLog();
    for (const { folder } of [ofStranger, ofOther]) {
      const log = await daysLog();
      drop(log.folder, 1);
      expect(await verdicts(log)).toEqual(bad('beginning'));
      append(log.folder, purgeIn(folder));
      expect(await verdicts(log)).toEqual(bad('signature'));
      // The same under the name of this log.
      const renamed = await daysLog();
      drop(renamed.folder, 1);
      append(renamed.folder, { ...purgeIn(folder), ...beginningOf(renamed.folder) });
      expect(await verdicts(renamed)).toEqual(bad('signature'));
    }
  });

  test('[row 93] cannot explain more by a purge than was purged', async () => {
    const log = await purgedLog();
    expect((await verdicts(log)).map(({ ok }) => ok)).toEqual([true, true, true]);
    const purge = purgeIn(log.folder);
    drop(log.folder, 2);
    expect(await verdicts(log)).toEqual(bad('beginning'));
    append(log.folder, purge); // a replay
    expect(await verdicts(log)).toEqual(bad('beginning'));
    append(log.folder, { ...purge, ...beginningOf(log.folder) });
    expect(await verdicts(log)).toEqual(bad('signature'));
  });

  test('[row 93] cannot put another history behind a purge', async () => {
    const log = await purgedLog();
    const { through, hash, log: name } = beginningOf(log.folder);
    const purge = purgeIn(log.folder);
    for (const previous of [hash, 'f'.repeat(64)]) {
      for (const each of files(log.folder)) rmSync(join(log.folder, each));
      const path = join(log.folder, `audit-${String(through + 1).padStart(15, '0')}.jsonl`);
      const forged = [{ type: 'segment', log: name, previous }, { type: 'event' }, purge];
      writeFileSync(path, forge({ seq: through, hash: previous }, forged));
      expect(await verdicts(log)).toEqual(bad('unsigned'));
    }
  });

  test('[row 93] cannot explain the beginning of a log by a purge of its copy that went another way', async () => {
    const { folder, anchors } = await daysLog(1);
    const copy = tempFolder();
    cpSync(folder, copy, { recursive: true });
    for (const [number, each] of [folder, copy].entries()) {
      const clock = createFakeClock({ now: start + dayMs });
      const audit = await open(each, { clock });
      for (const day of [1, 2]) {
        await audit.record(event(10 * number + day));
        await clock.advance(dayMs);
      }
      await audit.close();
    }
    const audit = await open(copy, { clock: createFakeClock({ now: start + 368 * dayMs }) });
    expect(await audit.purge(366)).toBe(2);
    await audit.close();
    const purge = purgeIn(copy);
    drop(folder, 2);
    expect(beginningOf(copy).through).toBe(beginningOf(folder).through);
    append(folder, purge);
    expect(await verdicts({ folder, anchors })).toEqual(bad('beginning'));
  });

  test('[row 93] cannot have a purge take what an anchor knows to be young', async () => {
    const { folder, anchors } = await purgedLog();
    const [first] = anchors;
    if (first === undefined) throw new Error('no anchor');
    expect(await verifyAudit(folder, { publicKeys, anchors })).toMatchObject({ ok: true });
    // As if the times in the folder had been changed before the purge, and what shows that had gone with it.
    const at = new Date(start + 2 * dayMs).toISOString();
    expect(await verifyAudit(folder, { publicKeys, anchors: [{ ...first, at }] })).toEqual({
      ok: false,
      seq: first.seq,
      reason: 'anchor',
    });
    const { through } = beginningOf(folder);
    const other = { ...first, seq: through, hash: 'f'.repeat(64) };
    expect(await verifyAudit(folder, { publicKeys, anchors: [other] })).toEqual({
      ok: false,
      seq: through,
      reason: 'anchor',
    });
  });

  test('[row 93] cannot have a purge take what is young by changing dates, nor by a key of their own', async () => {
    const { folder } = await daysLog();
    const old = '2020-01-01T00:00:00.000Z';
    const date = /"at":"[^"]+"/g;
    for (const name of files(folder)) {
      const path = join(folder, name);
      writeFileSync(path, readFileSync(path, 'utf8').replace(date, `"at":"${old}"`));
    }
    // The end as it is: the service would not go on behind another.
    const { folder: other } = await daysLog();
    cpSync(folder, other, {
      recursive: true,
      filter: (path) => !path.endsWith(files(folder).at(-1) ?? ''),
    });
    const audit = await open(other, { clock: createFakeClock({ now: start + 6 * dayMs }) });
    expect(files(other)).toHaveLength(5);
    await expect(audit.purge(366)).rejects.toMatchObject({ code: 'AUDIT_FORMAT' });
    expect(files(other)).toHaveLength(5);
    await audit.close();
  });

  test('a purge goes by what a former key signed, when it is told of it', async () => {
    const next = generateKeyPairSync('ed25519');
    const clock = createFakeClock({ now: start + 367 * dayMs });
    const { folder } = await daysLog();
    const audit = await open(folder, { key: next.privateKey, clock });
    await expect(audit.purge(366)).rejects.toThrow(/formerKeys/);
    await audit.close();
    const told = await open(folder, { key: next.privateKey, formerKeys: publicKeys, clock });
    expect(await told.purge(366)).toBe(1);
    await told.close();
    const known = [...publicKeys, next.publicKey];
    expect(await verifyAudit(folder, { publicKeys: known, closed: true })).toMatchObject({ ok: true });
  });

  test('[row 93] cannot cut off the record of a purge', async () => {
    const { folder } = await purgedLog();
    const last = join(folder, files(folder).at(-1) ?? '');
    writeFileSync(last, readFileSync(last, 'utf8').replace(/^.*"type":"purge"[\s\S]*$/m, ''));
    expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: false, reason: 'beginning' });
  });

  test('[row 93] cannot make files change places, or leave one out', async () => {
    const moved = await daysLog();
    const [, one = '', other = ''] = files(moved.folder).map((name) => join(moved.folder, name));
    renameSync(one, `${one}.aside`);
    renameSync(other, one);
    renameSync(`${one}.aside`, other);
    expect(await verdicts(moved)).toEqual(bad('hash'));
    const holed = await daysLog();
    rmSync(join(holed.folder, files(holed.folder)[2] ?? ''));
    expect(await verdicts(holed)).toEqual(bad('hash'));
  });

  test('[row 93] cannot make a chain anew, not even with the help of the service that goes on with it', async () => {
    const { folder, anchors } = await smallLog();
    const [begin = {}] = bodies(folder);
    for (const count of [1, 100, 5_000]) {
      const path = join(folder, files(folder)[0] ?? '');
      const events = Array(count).fill({ type: 'event', actor: 'innocent', action: 'x', outcome: 'success' });
      writeFileSync(path, forge(genesis, [{ type: 'begin', log: begin.log, key: begin.key }, ...events]));
      const found = await verdicts({ folder, anchors });
      expect(found.slice(1)).toEqual(bad('unsigned').slice(1));
      expect(found[0]?.ok).toBe(false);
      await expect(open(folder)).rejects.toMatchObject({ code: 'AUDIT_FORMAT' });
    }
  });

  test('[row 93] cannot add more behind a checkpoint than a service leaves unsigned', async () => {
    const { folder, anchors } = await smallLog();
    const { seq } = headOf(folder);
    append(folder, ...Array(2_000).fill({ type: 'event' }));
    expect(await verifyAudit(folder, { publicKeys, anchors })).toMatchObject({ ok: true, unsigned: 2_000 });
    append(folder, { type: 'event' });
    for (const options of [{ publicKeys, anchors }, { publicKeys }]) {
      expect(await verifyAudit(folder, options)).toEqual({ ok: false, seq: seq + 1, reason: 'unsigned' });
    }
    expect(await verifyAudit(folder, { publicKeys, maxUnsigned: 2_001 })).toMatchObject({ ok: true });
    expect(await verifyAudit(folder, { publicKeys, maxUnsigned: 5 })).toMatchObject({ reason: 'unsigned' });
    // Signed by a service that went on with it, it is still too much; and the log says what was found unsigned.
    await (await open(folder)).close();
    expect(await verifyAudit(folder, { publicKeys })).toEqual({
      ok: false,
      seq: seq + 1,
      reason: 'unsigned',
    });
    expect(bodies(folder)).toContainEqual(expect.objectContaining({ type: 'recovery', unsigned: 2_001 }));
  });

  test('[row 93] cannot cut off the end, or go back to an older copy, when there is an anchor', async () => {
    const { folder, anchors } = await daysLog();
    const last = files(folder).at(-1) ?? '';
    rmSync(join(folder, last));
    expect(await verifyAudit(folder, { publicKeys, anchors })).toMatchObject({ reason: 'truncated' });
    // Without one this is a log that ends there.
    expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: true });
    // Written on from there by the service, it is another log than the anchor saw.
    const audit = await open(folder);
    for (let number = 0; number < 5; number += 1) await audit.record(event(number));
    await audit.close();
    expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: true });
    expect(await verifyAudit(folder, { publicKeys, anchors })).toMatchObject({ reason: 'anchor' });
    // Also when both of its ends were anchored at the same place.
    const there = lines(folder).find((line) => JSON.parse(line.slice(65)).seq === anchors.at(-1)?.seq);
    const fork = anchors.slice(-1).map((each) => ({ ...each, hash: there?.slice(0, 64) ?? '' }));
    expect(await verifyAudit(folder, { publicKeys, anchors: [...anchors, ...fork] })).toMatchObject({
      reason: 'anchor',
    });
    for (const name of files(folder)) rmSync(join(folder, name));
    expect(await verifyAudit(folder, { publicKeys, anchors })).toMatchObject({ reason: 'truncated' });
  });

  test('[row 93] cannot have the service sign records that do not follow on its last checkpoint', async () => {
    const { folder, file } = await smallLog();
    const whole = lines(folder);
    const changed = [
      whole.with(-2, (whole.at(-2) ?? '').replace(/^..../, 'ffff')), // what the last checkpoint signed
      whole.with(-1, (whole.at(-1) ?? '').replace(/"signature":"..../, '"signature":"AAAA')),
      [...whole, `${'0'.repeat(64)} {"v":1,"seq":${whole.length},"type":"event"}`],
    ];
    for (const each of changed) {
      writeFileSync(file, `${each.join('\n')}\n`);
      await expect(open(folder)).rejects.toMatchObject({ code: 'AUDIT_FORMAT' });
    }
  });

  test('a purge that was stopped before all was gone has taken nothing too much', async () => {
    const { folder, anchors } = await daysLog();
    const before = tempFolder();
    cpSync(folder, before, { recursive: true });
    const clock = createFakeClock({ now: start + 368 * dayMs });
    const audit = await open(folder, { clock });
    expect(await audit.purge(366)).toBe(2);
    await audit.close();
    const [, second = ''] = files(before);
    cpSync(join(before, second), join(folder, second));
    for (const options of [{ publicKeys, anchors }, { publicKeys }]) {
      expect(await verifyAudit(folder, options)).toMatchObject({ ok: true });
    }
    // What is there must be what the purge would have taken.
    const path = join(folder, second);
    writeFileSync(path, readFileSync(path, 'utf8').replace('u1', 'u2'));
    expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: false, reason: 'hash' });
    const again = await open(folder, { clock });
    expect(await again.purge(366)).toBe(1);
    await again.close();
    expect(await verifyAudit(folder, { publicKeys, anchors })).toMatchObject({ ok: true });
  });

  test('a log of a service that changed its key goes on', async () => {
    const { folder } = await smallLog();
    const next = generateKeyPairSync('ed25519');
    const audit = await open(folder, { key: next.privateKey });
    await audit.record(event(1));
    await audit.close();
    const known = [...publicKeys, next.publicKey];
    expect(await verifyAudit(folder, { publicKeys: known, closed: true })).toMatchObject({ ok: true });
  });
});
