import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sleep, systemClock } from '@seaworthy/contracts';
import { BackupError, type BackupStage } from '../backup-error.js';
import { captureTool } from '../tools/capture-tool.js';
import { privateFile } from '../tools/private-file.js';
import { spawnTool } from '../tools/tool-process.js';
import type { BackupSource } from './backup-source.js';
import { findClientPrograms } from './client-programs.js';
import { rdbFile } from './rdb-file.js';
import { keyspaceOf, redisInfo } from './redis-keyspace.js';
import { programMissing } from './source-errors.js';

interface RunningRedis {
  ask(command: string, stage: BackupStage, signal: AbortSignal): Promise<string>;
  stop(): Promise<void>;
}

const pollMs = 50;

/** A file that a Redis dump is restored into, and that a server of its own is started with to be looked at. */
export function restoredRdb(path: string, binDir: string | undefined): BackupSource {
  const place = rdbFile(path);
  return {
    ...place,
    async open(signal) {
      const session = await place.open(signal);
      let running: Promise<RunningRedis> | undefined;
      const server = (startSignal: AbortSignal): Promise<RunningRedis> => {
        running ??= startRedis(path, binDir, startSignal);
        return running;
      };
      return {
        ...session,
        async contents(_level, askSignal) {
          const redis = await server(askSignal);
          const info = redisInfo(await redis.ask('info keyspace', 'verify', askSignal));
          return { precision: 'snapshot', tables: keyspaceOf(info) };
        },
        async query(command, askSignal) {
          const answer = await (await server(askSignal)).ask(command, 'verify', askSignal);
          return answer === ''
            ? []
            : answer
                .replace(/\n$/, '')
                .split('\n')
                .map((line) => [line]);
        },
        async close() {
          await running?.then((redis) => redis.stop()).catch(() => undefined);
          await session.close();
        },
      };
    },
  };
}

/**
 * Starts Redis with the file, reachable by a socket in a private folder only. It is a replica of nobody: such a one keeps the keys
 * that have expired since, so that all that were dumped can be counted.
 */
async function startRedis(
  path: string,
  binDir: string | undefined,
  signal: AbortSignal,
): Promise<RunningRedis> {
  const label = `the dump restored to ${path}`;
  const [server, client] = [await program('redis-server'), await program('redis-cli')];
  const log = await privateFile('redis.log', '');
  const socket = `${dirname(log.path)}/s`;
  const tool = spawnTool({
    name: 'redis-server',
    path: server,
    args: [
      ...['--port', '0', '--unixsocket', socket, '--dir', dirname(path), '--dbfilename', 'dump.rdb'],
      ...['--save', '', '--appendonly', 'no', '--replicaof', '127.0.0.1', '1', '--logfile', log.path],
    ],
    stage: 'restore',
    subject: label,
  });
  tool.stdin.end();
  tool.stdout.resume();
  const stop = async (): Promise<void> => {
    tool.kill();
    await tool.exited.catch(() => undefined);
    await log.remove();
  };
  const redis: RunningRedis = {
    ask: (command, stage, askSignal) =>
      captureTool(
        { name: 'redis-cli', path: client, args: ['-s', socket], stage, subject: label },
        { timeoutMs: 600_000, signal: askSignal, input: command, maxChars: 64 * 1024 * 1024 },
      ),
    stop,
  };
  const over = new AbortController();
  const ended = tool.exited.then(
    () => Promise.reject(refused(label, '')),
    async () => Promise.reject(refused(label, await readFile(log.path, 'utf8').catch(() => ''))),
  );
  ended.catch(() => undefined);
  try {
    await Promise.race([ended, loaded(AbortSignal.any([signal, over.signal]))]);
    return redis;
  } catch (error) {
    await stop();
    throw error;
  } finally {
    over.abort();
  }

  async function program(name: string): Promise<string> {
    const [found] = await findClientPrograms(name, { binDir, signal });
    if (found === undefined) throw programMissing({ label, what: name, binDir, install: 'redis-server' });
    return found.path;
  }

  async function loaded(until: AbortSignal): Promise<void> {
    for (;;) {
      const info = await redis.ask('info persistence', 'restore', until).catch(() => '');
      if (/^loading:0/m.test(info)) return;
      await sleep(systemClock, pollMs, { signal: until });
    }
  }
}

/** What Redis says of the file is the backup's fault; that it is too old for it, or lacks a module or memory, is not. */
function refused(label: string, log: string): BackupError {
  const isOurs = /Can't handle RDB format version|module|allocat|out of memory|No space|unixsocket/i.test(
    log,
  );
  const isData = !isOurs && /RDB|checksum|short read|Wrong signature|corrupt|CRC/i.test(log);
  const why = log
    .split('\n')
    .filter((line) => / # /.test(line))
    .slice(-2)
    .join(' ')
    .slice(0, 500);
  return new BackupError(`redis-server did not start with ${label}: ${why}`, {
    code: isData ? 'RESTORE_FAILED' : 'BACKUP_TOOL_FAILED',
    stage: 'restore',
    tool: 'redis-server',
  });
}
