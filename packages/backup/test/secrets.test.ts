import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { type BackupSource, createBackups, local, mysql, postgres, redis } from '@seaworthy/backup';
import { createTestDatabase, describeWith, startFaultProxy, type TestDatabase } from '@seaworthy/testkit';
import { describe, expect, it } from 'vitest';
import { mysqlReport } from '../src/sources/mysql-report.js';
import { postgresReport } from '../src/sources/postgres-report.js';
import {
  filesIn,
  postgresBulk,
  processes,
  recordingLogger,
  sql,
  temporaryFolder,
} from './support/fixtures.js';

/** Everything that a URL, a shell, a password file and an option file treat specially. */
const canary = `ca"na'ry\\-:#;% $(7)`;

/** Gives the database's own user that password and returns its URL. */
async function withCanary(database: TestDatabase): Promise<string> {
  const quoted = `'${canary.replaceAll("'", "''")}'`;
  await sql(
    database.adminUrl,
    database.url.startsWith('mysql')
      ? `alter user '${database.user}' identified by '${canary.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
      : `alter role ${database.user} password ${quoted}`,
  );
  const url = new URL(database.url);
  url.password = encodeURIComponent(canary);
  return url.href;
}

const engines: ReadonlyArray<{
  readonly engine: 'postgres' | 'mysql';
  readonly make: (url: string) => BackupSource;
  readonly bulk: readonly string[];
  readonly programs: readonly [string, string];
}> = [
  {
    engine: 'postgres',
    make: (url) => postgres({ url, owners: 'leave-out' }),
    bulk: postgresBulk(5_000),
    programs: ['pg_dump', 'psql'],
  },
  {
    engine: 'mysql',
    make: (url) => mysql({ url }),
    bulk: [
      'create table bulk (id int primary key, body text)',
      'insert into bulk select seq, concat(sha2(seq, 512), sha2(seq * 31, 512)) from seq_1_to_5000',
    ],
    programs: ['mariadb-dump', 'mariadb'],
  },
];

for (const { engine, make, bulk, programs } of engines) {
  describeWith([engine], `the password of ${engine}`, () => {
    it('[row 96] is in no command line, no environment, no log line and no file while a dump and a restore run, whatever it is made of', async () => {
      await using source = await createTestDatabase(engine);
      await using target = await createTestDatabase(engine);
      await sql(source.url, ...bulk);
      const sourceUrl = await withCanary(source);
      const targetUrl = await withCanary(target);
      await using slow = await startFaultProxy({ target: source });
      slow.drip(1_000_000, { direction: 'toClient' });
      const { logger, lines } = recordingLogger();
      const folder = await temporaryFolder();
      const backups = createBackups({
        sources: { db: make(slow.url(sourceUrl)) },
        targets: [local(folder)],
        logger,
      });

      const commandLines = new Set<string>();
      const environments = new Set<string>();
      let looking = true;
      const look = (async () => {
        while (looking) {
          for (const one of processes()) {
            commandLines.add(one.commandLine);
            if (one.parent !== process.pid) continue;
            environments.add(await readFile(`/proc/${one.pid}/environ`, 'utf8').catch(() => ''));
          }
          await nextTurn();
        }
      })();
      const { id } = await backups.run();
      await backups.restore(id, { to: make(targetUrl), confirm: target.name, force: ['same-server'] });
      looking = false;
      await look;

      for (const program of programs) expect([...commandLines].join('\n')).toContain(`/${program} `); // we did look while they ran
      expect([...environments].join('\n')).toContain(engine === 'postgres' ? 'PGPASSFILE=' : 'LC_ALL=');
      const files = await filesIn(folder);
      const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'latin1')));
      const everything = [...commandLines, ...environments, ...texts, inspect(lines, { depth: 10 })].join(
        '\n',
      );
      for (const form of [canary, encodeURIComponent(canary), canary.replaceAll(/[\\:]/g, '\\$&')]) {
        expect(everything).not.toContain(form);
      }
    });

    it('is not in the error when it is wrong; host, port and database are', async () => {
      await using source = await createTestDatabase(engine);
      const url = new URL(source.url);
      url.password = 'canary-wrong';
      const { logger, lines } = recordingLogger();
      const folder = await temporaryFolder();
      const backups = createBackups({ sources: { db: make(url.href) }, targets: [local(folder)], logger });
      const error = await backups.run().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'BACKUP_CONNECT_FAILED', stage: 'prepare' });
      expect(String(error)).toContain(`${engine} at ${source.host}:${source.port}/${source.name}`);
      expect(inspect([error, lines], { depth: 10, showHidden: true })).not.toContain('canary-wrong');
      expect(await filesIn(folder)).toEqual([]);
    });

    it('is not in the error for a URL that cannot be used', () => {
      for (const url of [
        'canary-url',
        'http://u:canary-url@h/db',
        `${engine}://u:canary-url@h/`,
        `${engine}://u:canary-url%zz@h/d`,
      ]) {
        let thrown: unknown;
        try {
          make(url);
        } catch (error) {
          thrown = error;
        }
        expect(thrown).toMatchObject({ code: 'INVALID_OPTION' });
        expect(inspect(thrown, { depth: 10, showHidden: true })).not.toContain('canary-url');
      }
    });
  });
}

describe('the password of Redis', () => {
  it.each(['canary-url', 'http://u:canary-url@h', 'redis://u:canary-url%zz@h', 'rediss://u:canary-url%0a@h'])(
    'is not in the error for a URL that cannot be used: %s',
    (url) => {
      let thrown: unknown;
      try {
        redis({ url });
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toMatchObject({ code: 'INVALID_OPTION' });
      expect(inspect(thrown, { depth: 10, showHidden: true })).not.toContain('canary-url');
    },
  );

  it('has to be percent-encoded in its URL, and the error says so', () => {
    expect(() => redis({ url: 'redis://u:100%@h' })).toThrow('with special characters percent-encoded');
    // @ts-expect-error: a caller whose variable is not set
    expect(() => redis({ url: undefined })).toThrow('option "url" must be a URL such as redis://');
  });
});

describe('rows', () => {
  it('that a failing mariadb repeats stay out of the report', () => {
    const stderr =
      "--------------\nINSERT INTO `users` VALUES (1,'ada@example.org')\n--------------\n\nERROR 1050 (42S01) at line 22: Table 'users' already exists\n";
    expect(mysqlReport(stderr)).toBe(
      'ERROR 1050 (42S01) at line 22 (a table of that name exists already: restore into an empty database)',
    );
  });

  it('that psql quotes stay out of the report', () => {
    const stderr =
      'psql:<stdin>:31: ERROR:  23505\nDETAIL:  Key (email)=(ada@example.org) already exists.\npsql:<stdin>:32: invalid command \\Nada\n';
    expect(postgresReport(stderr)).toBe(
      'SQLSTATE 23505 at line 31 (duplicate key: the target holds data already)',
    );
  });
});
