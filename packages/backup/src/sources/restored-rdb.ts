import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BackupStage } from '../backup-error.js';
import { captureTool } from '../tools/capture-tool.js';
import { lastLines } from '../tools/last-lines.js';
import { privateFile } from '../tools/private-file.js';
import { type ScratchServer, startScratchServer } from '../tools/scratch-server.js';
import { whenAsked } from '../tools/when-asked.js';
import type { BackupSource } from './backup-source.js';
import { requireProgram } from './client-programs.js';
import { rdbFile } from './rdb-file.js';
import { keyspaceOf, redisInfo } from './redis-keyspace.js';

interface RunningRedis extends ScratchServer {
  ask(command: string, stage: BackupStage, signal: AbortSignal): Promise<string>;
}

/** A file that a Redis dump is restored into, and that a server of its own is started with to be looked at. */
export function restoredRdb(path: string, binDir: string | undefined): BackupSource {
  const place = rdbFile(path);
  return {
    ...place,
    async open(signal) {
      const session = await place.open(signal);
      const server = whenAsked(
        (startSignal) => startRedis(path, binDir, startSignal),
        (redis) => redis.stop(),
      );
      return {
        ...session,
        async contents(_level, askSignal) {
          const redis = await server.get(askSignal);
          const info = redisInfo(await redis.ask('info keyspace', 'verify', askSignal));
          return { precision: 'snapshot', tables: keyspaceOf(info) };
        },
        async query(command, askSignal) {
          const answer = await (await server.get(askSignal)).ask(command, 'verify', askSignal);
          return answer === ''
            ? []
            : answer
                .replace(/\n$/, '')
                .split('\n')
                .map((line) => [line]);
        },
        async close() {
          await server.stop();
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
  const wanted = { label, binDir, install: 'redis-server', signal };
  const server = await requireProgram('redis-server', wanted);
  const client = await requireProgram('redis-cli', wanted);
  const log = await privateFile('redis.log', '');
  const socket = `${dirname(log.path)}/s`;
  const ask: RunningRedis['ask'] = (command, stage, askSignal) =>
    captureTool(
      { name: 'redis-cli', path: client.path, args: ['-s', socket], stage, subject: label },
      { timeoutMs: 600_000, signal: askSignal, input: command, maxChars: 64 * 1024 * 1024 },
    );
  const running = await startScratchServer({
    spec: {
      name: 'redis-server',
      path: server.path,
      args: [
        ...['--port', '0', '--unixsocket', socket, '--dir', dirname(path), '--dbfilename', 'dump.rdb'],
        ...['--save', '', '--appendonly', 'no', '--replicaof', '127.0.0.1', '1', '--logfile', log.path],
      ],
      stage: 'restore',
      subject: label,
    },
    isReady: async (until) => /^loading:0/m.test(await ask('info persistence', 'restore', until)),
    isData,
    complaint: async () =>
      lastLines(await readFile(log.path, 'utf8').catch(() => ''), 4, isWarning).join(' '),
    cleanUp: log.remove,
    signal,
  });
  return { ask, ...running };
}

/** What Redis says of the file is the backup's fault; that it is too old for it, or lacks a module or memory, is not. */
function isData(complaint: string): boolean {
  return (
    /RDB|checksum|short read|Wrong signature|corrupt|CRC/i.test(complaint) &&
    !/Can't handle RDB format version|module|allocat|unixsocket/i.test(complaint)
  );
}

function isWarning(line: string): boolean {
  return / # /.test(line);
}
