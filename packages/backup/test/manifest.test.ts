import { BackupError, type Manifest } from '@seaworthy/backup';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDatabaseUrl } from '../src/sources/database-url.js';
import { formatManifest, parseManifest } from '../src/manifest/manifest.js';

const manifest: Manifest = {
  format: 'seaworthy-backup',
  version: 1,
  id: '20260102T030405Z-3f9a0c71',
  startedAt: '2026-01-02T03:04:05.000Z',
  completedAt: '2026-01-02T03:04:06.000Z',
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
      key: '20260102T030405Z-3f9a0c71/db.sql.zst',
      bytes: 1_000,
      sha256: 'a'.repeat(64),
      rawBytes: 4_000,
      warnings: ['one'],
    },
  ],
};

describe('a manifest', () => {
  it('reads back as it was written', () => {
    expect(parseManifest(formatManifest(manifest).toString(), manifest.id)).toEqual(manifest);
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
