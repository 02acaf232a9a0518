import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { type HeldLock, tryLock } from './lock.js';

export interface ReservedPort {
  readonly port: number;
  /** Lets another server of the testkit have it. */
  release(): Promise<void>;
}

/**
 * A TCP port of 127.0.0.1 that nothing listens on and that no other process of the testkit will be given before
 * `release`. It lies below the range from which the kernel serves outgoing connections, so that a server that is down for
 * a moment finds it free again.
 */
export async function reservePort(): Promise<ReservedPort> {
  const [low, high] = candidates();
  for (let attempt = 0; attempt < 500; attempt++) {
    const port = randomInt(low, high);
    const lock: HeldLock | undefined = await tryLock(`port-${port}`);
    if (lock === undefined) continue;
    if (await isFree(port)) return { port, release: () => lock.release() };
    await lock.release();
  }
  throw new Error(`No free TCP port found between ${low} and ${high} on 127.0.0.1.`);
}

/** A port as `reservePort` finds it, reserved until this process ends. */
export async function freePort(): Promise<number> {
  return (await reservePort()).port;
}

/** Above what services usually listen on, below 30000, where the example applications begin. */
function candidates(): readonly [low: number, high: number] {
  let firstEphemeral = 32_768;
  try {
    firstEphemeral = Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10);
  } catch {
    // Not Linux: the default of most systems is higher still.
  }
  return [15_000, firstEphemeral > 16_000 ? Math.min(firstEphemeral, 30_000) : 30_000];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
