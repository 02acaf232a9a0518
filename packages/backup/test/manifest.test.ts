import { readdir } from 'node:fs/promises';
import {
  BackupError,
  type BackupSource,
  createBackups,
  local,
  type Manifest,
  type TableContents,
} from '@seaworthy/backup';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatManifest, maxManifestBytes } from '../src/manifest/manifest.js';
import { parseManifest } from '../src/manifest/parse-manifest.js';
import { parseDatabaseUrl } from '../src/sources/database-url.js';
import { fakeSource } from './support/fake-source.js';
import { recordingLogger, temporaryFolder } from './support/fixtures.js';

const manifest: Manifest = {
  format: 'seaworthy-backup',
  version: 2,
  id: '20260102T030405Z-3f9a0c71',
  startedAt: '2026-01-02T03:04:05.000Z',
  completedAt: '2026-01-02T03:04:06.000Z',
  tags: ['weekly'],
  recipients: ['age1one', 'age1two'],
  artifacts: [
    {
      source: 'db',
      engine: 'postgres',
      database: 'kpi',
      serverVersion: '15.18',
      system: '0123456789abcdef',
      tool: 'pg_dump (PostgreSQL) 15.18',
      format: 'sql',
      compression: 'zstd',
      encryption: 'age',
      key: '20260102T030405Z-3f9a0c71/db.sql.zst.age',
      bytes: 1_000,
      sha256: 'a'.repeat(64),
      plainSha256: 'b'.repeat(64),
      rawBytes: 4_000,
      headerBytes: 200,
      contents: {
        precision: 'bracketed',
        tables: [{ name: 'public.t', rows: 1, hash: 'c'.repeat(32) }],
        after: [{ name: 'public.t', rows: 2 }],
      },
      warnings: ['one'],
    },
  ],
};

describe('a manifest', () => {
  it('reads back as it was written', () => {
    expect(parseManifest(formatManifest(manifest).toString(), manifest.id)).toEqual(manifest);
  });

  it('of the version before reads as one without encryption', () => {
    const { encryption, plainSha256, headerBytes, contents, ...old } = manifest.artifacts[0] ?? {};
    expect([encryption, plainSha256, headerBytes, contents]).not.toContain(undefined);
    const { tags, recipients, ...head } = manifest;
    expect([tags, recipients]).not.toContain(undefined);
    const text = JSON.stringify({ ...head, version: 1, artifacts: [old] });
    const read = parseManifest(text, manifest.id);
    expect(read).toMatchObject({ version: 2, tags: [], recipients: [] });
    expect(read.artifacts).toMatchObject([
      { encryption: 'none', sha256: 'a'.repeat(64), plainSha256: 'a'.repeat(64), headerBytes: 0 },
    ]);
  });

  it('of a newer version is refused and says so', () => {
    const text = JSON.stringify({ ...manifest, version: 3 });
    expect(() => parseManifest(text, manifest.id)).toThrow('update this one');
  });

  it('with any one field missing or replaced is refused or reads as a whole manifest, and never as anything else', () => {
    const fields = Object.keys(manifest.artifacts[0] ?? {});
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
        const text = JSON.stringify({
          ...manifest,
          artifacts: [{ ...manifest.artifacts[0], [field]: value }],
        });
        try {
          const [artifact] = parseManifest(text, manifest.id).artifacts;
          expect(artifact?.key.startsWith(manifest.id)).toBe(true);
          expect(artifact?.key).not.toContain('..');
          expect(Number.isSafeInteger(artifact?.bytes)).toBe(true);
          expect(artifact?.warnings.every((warning) => typeof warning === 'string')).toBe(true);
        } catch (error) {
          expect(BackupError.is(error) && error.code).toBe('BACKUP_UNREADABLE');
        }
      }),
      { examples: [['warnings', [{ toString: 0 }]]] },
    );
  });

  it('cannot send anyone out of the folder of its backup', () => {
    for (const change of [{ source: '../../x' }, { source: '' }, { key: `${manifest.id}/../x.sql.gz` }]) {
      const text = JSON.stringify({ ...manifest, artifacts: [{ ...manifest.artifacts[0], ...change }] });
      expect(() => parseManifest(text, manifest.id), text).toThrow('is damaged');
    }
  });

  it('that is any other JSON is refused with one typed error', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(() => parseManifest(text, manifest.id)).toThrow('cannot be used');
      }),
    );
  });
});

describe('a database URL', () => {
  it('gives back user, password and database whatever characters they have', () => {
    const part = fc
      .string({ minLength: 1, unit: 'grapheme' })
      .filter((text) => !/[\0\r\n/]/.test(text) && !/^\.+$/.test(text));
    fc.assert(
      fc.property(part, part, part, (user, password, database) => {
        const [u, p, d] = [user, password, database].map(encodeURIComponent);
        const read = parseDatabaseUrl('postgres', `postgres://${u}:${p}@h:1/${d}`, {
          schemes: ['postgres'],
          port: 5432,
        });
        expect([read.user, read.password, read.database]).toEqual([user, password, database]);
      }),
    );
  });
});

describe('tags', () => {
  it.each([['weekly'], [[7]], [['']]])('that no manifest can hold make no backup: %j', async (tags) => {
    const folder = await temporaryFolder();
    await using backups = createBackups({ sources: { db: fakeSource() }, targets: [local(folder)] });
    await expect(backups.run({ tags: tags as readonly string[] })).rejects.toThrow(/"tags" must be/);
    expect(await backups.list()).toEqual([]);
  });
});

describe('a source that tells what no manifest can hold', () => {
  it.each([
    ['no version of its program', { tool: undefined }],
    ['a warning that is no text', { warnings: [404] }],
  ])('makes no backup: %s', async (_what, told: object) => {
    const folder = await temporaryFolder();
    const source = fakeSource();
    const strange: BackupSource = {
      ...source,
      async open(signal) {
        const session = await source.open(signal);
        return { ...session, facts: Object.assign({}, session.facts, told) };
      },
    };
    await using backups = createBackups({ sources: { db: strange }, targets: [local(folder)] });
    await expect(backups.run()).rejects.toMatchObject({ code: 'BACKUP_UNREADABLE' });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a backup of very many tables', () => {
  const withTables = (tables: readonly TableContents[]): BackupSource => {
    const source = fakeSource();
    return {
      ...source,
      async open(signal) {
        const session = await source.open(signal);
        const contents = () => ({ precision: 'bracketed', tables, after: tables }) as const;
        return { ...session, dump: async (limit) => ({ ...(await session.dump(limit)), contents }) };
      },
    };
  };

  it('is listed and verified like one of few', async () => {
    const tables = Array.from({ length: 40_000 }, (_, at) => ({
      name: `tenant_${at}.invoices`,
      rows: at,
      hash: 'c'.repeat(32),
    }));
    await using backups = createBackups({
      sources: { db: withTables(tables) },
      targets: [local(await temporaryFolder())],
    });
    const { id } = await backups.run();
    expect(await backups.list()).toMatchObject([{ id, status: 'complete' }]);
    expect(await backups.verify(id)).toMatchObject({ ok: true });
  });

  it('whose names alone are more than a manifest can be is complete, and says that a drill compares nothing', async () => {
    const { logger, lines } = recordingLogger();
    await using backups = createBackups({
      sources: { db: withTables([{ name: 'x'.repeat(maxManifestBytes / 2), rows: 1 }]) },
      targets: [local(await temporaryFolder())],
      logger,
    });
    const { id, artifacts } = await backups.run();
    expect(artifacts[0]).not.toHaveProperty('contents');
    expect(artifacts[0]?.warnings).toEqual([expect.stringContaining('a drill compares nothing')]);
    expect(await backups.list()).toMatchObject([{ id, status: 'complete', manifest: { artifacts } }]);
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });
});
