import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import { optionsOf, type Secret } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import type { TableContents } from '../manifest/manifest.js';
import { RdbWatch } from '../pipeline/rdb-watch.js';
import { captureTool } from '../tools/capture-tool.js';
import { spawnTool, type ToolSpec } from '../tools/tool-process.js';
import type { BackupSource, Dump, Load, SourceFacts } from './backup-source.js';
import { requireProgram } from './client-programs.js';
import { RdbFirstSize } from './rdb-first-size.js';
import { keyspaceOf, keyspaceOfDump, redisInfo } from './redis-keyspace.js';
import { seenBy } from './seen-by.js';
import { parseServerUrl } from './server-url.js';
import { connectFailed } from './source-errors.js';

export interface RedisSourceOptions {
  /** `redis://user:password@host:6379`, or `rediss://` with TLS; `cacert`, `cert` and `key` are honoured. */
  readonly url: string | Secret;
  /** The folder of `redis-cli`. @defaultValue PATH */
  readonly binDir?: string;
}

const readOptions = optionsOf<RedisSourceOptions>('redis', { url: true, binDir: true });

/** What a server that streams its dump puts behind it; `redis-cli` leaves it there when it writes to a pipe. */
const markBytes = 40;

/**
 * All databases of a Redis server as one RDB file, made by the server for `redis-cli --rdb` from one moment.
 *
 * It is restored by a server that starts with it: give `restore()` an `rdbFile(path)`.
 *
 * @throws OptionsError
 *
 * @example
 * const source = redis({ url: 'redis://:secret@cache.internal:6379' });
 */
export function redis(options: RedisSourceOptions): BackupSource {
  const { url, binDir } = readOptions(options);
  const address = parseUrl(url);
  const label = `redis at ${address.label}`;

  async function ask(
    base: ToolSpec,
    section: 'server' | 'keyspace',
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>> {
    const spec = { ...base, args: [...base.args, 'info', section] };
    return redisInfo(await captureTool(spec, { timeoutMs: 30_000, signal, input: address.password }));
  }

  return {
    engine: 'redis',
    format: 'rdb',
    label,
    database: address.label,
    async open(signal) {
      const program = await requireProgram('redis-cli', { label, binDir, install: 'redis-tools', signal });
      const base: ToolSpec = {
        name: 'redis-cli',
        path: program.path,
        args: address.args,
        stage: 'prepare',
        subject: label,
        secrets: [address.password],
      };
      const info = await ask(base, 'server', signal).catch((error: unknown) => {
        signal.throwIfAborted(); // then its reason is the answer
        throw connectFailed(error, label);
      });
      const serverVersion = info.get('redis_version');
      if (serverVersion === undefined) throw noAnswer(label);
      const facts: SourceFacts = {
        serverVersion,
        system: createHash('sha256')
          .update(`redis ${info.get('run_id')}`)
          .digest('hex')
          .slice(0, 32),
        database: address.label,
        tool: program.version,
        warnings: [],
      };
      return {
        facts,
        dump: async (dumpSignal): Promise<Dump> => {
          const before = keyspaceOf(await ask(base, 'keyspace', dumpSignal));
          const tool = spawnTool({ ...base, args: [...address.args, '--rdb', '-'], stage: 'dump' });
          tool.stdin.end(`${address.password}\n`);
          const stdout = tool.stdout.pipe(withoutMark());
          tool.stdout.once('close', () => stdout.end());
          const first = new RdbFirstSize();
          let after: readonly TableContents[] | undefined;
          const exited = tool.exited.then(async () => {
            after = keyspaceOf(await ask(base, 'keyspace', dumpSignal));
          });
          exited.catch(() => undefined); // looked at later
          return {
            name: tool.name,
            stdout: seenBy(first, stdout),
            exited,
            kill: () => tool.kill(),
            contents: () => (after === undefined ? undefined : keyspaceOfDump(first.found(), before, after)),
          };
        },
        load: async (): Promise<Load> => {
          throw new BackupError(
            'A running Redis takes no dump. Restore into an rdbFile(path) and start a server with it.',
            {
              code: 'RESTORE_REFUSED',
              stage: 'restore',
            },
          );
        },
        isEmpty: async () => false,
        close: async () => undefined,
      };
    },
  };
}

interface RedisAddress {
  readonly label: string;
  readonly password: string;
  readonly args: readonly string[];
}

function parseUrl(input: string | Secret): RedisAddress {
  const { url, host, port, user, password, label } = parseServerUrl('redis', input, {
    schemes: ['redis', 'rediss'],
    port: 6379,
    expected: 'a URL such as redis://user:password@host:6379',
  });
  const files = ['cacert', 'cert', 'key'].flatMap((name) => {
    const value = url.searchParams.get(name);
    return value === null ? [] : [`--${name}`, value];
  });
  return {
    label,
    password,
    args: [
      '-h',
      host,
      '-p',
      String(port),
      ...(user === '' || password === '' ? [] : ['--user', user]),
      // The password is read from the input: arguments and environments of a process can be read by others.
      ...(password === '' ? [] : ['--askpass']),
      ...(url.protocol === 'rediss:' ? ['--tls', ...files] : []),
    ],
  };
}

/** Keeps the last bytes back until it is known whether they are the mark or the end of the dump. */
function withoutMark(): Transform {
  const watch = new RdbWatch();
  let held: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const all = Buffer.concat([held, chunk]);
      const passed = all.subarray(0, Math.max(all.length - markBytes, 0));
      held = Buffer.from(all.subarray(passed.length));
      watch.push(passed);
      done(null, passed.length === 0 ? undefined : passed);
    },
    flush(done) {
      done(null, watch.isComplete() ? undefined : held);
    },
  });
}

function noAnswer(label: string): BackupError {
  const why = 'it did not answer INFO; check the password and the rights of the user';
  return new BackupError(`Could not ask ${label} for its version: ${why}`, {
    code: 'BACKUP_CONNECT_FAILED',
    stage: 'prepare',
    tool: 'redis-cli',
  });
}
