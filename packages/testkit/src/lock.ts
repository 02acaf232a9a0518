import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A lock that only one process of the machine holds, and that ends with its holder even by SIGKILL: the kernel keeps it
 * as an abstract socket (unix(7)), so there is no stale lock file to judge.
 */
export interface HeldLock {
  release(): Promise<void>;
}

/** Takes the lock when nobody holds it. */
export function tryLock(name: string): Promise<HeldLock | undefined> {
  const uid = process.getuid?.() ?? 0;
  const address = `\0seaworthy-${uid}-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
  return new Promise((resolve, reject) => {
    const server: Server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      server.unref();
      resolve({ release: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

/** Runs `work` while holding the lock; waits up to `timeoutMs` for another holder to end. */
export async function withLock<T>(name: string, work: () => Promise<T>, timeoutMs = 300_000): Promise<T> {
  const giveUpAt = performance.now() + timeoutMs;
  let lock = await tryLock(name);
  while (lock === undefined) {
    if (performance.now() >= giveUpAt) {
      throw new Error(
        `Another process has held the lock "${name}" for ${timeoutMs} ms; end it and try again.`,
      );
    }
    await sleep(30);
    lock = await tryLock(name);
  }
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
