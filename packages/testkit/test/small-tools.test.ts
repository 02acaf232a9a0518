import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freePort, reservePort, size, spawnNode, WaitTimeout, waitFor } from '../src/index.js';
import { tryLock, withLock } from '../src/lock.js';

const script = fileURLToPath(new URL('./fixtures/child.mjs', import.meta.url));

test('waitFor resolves with the first truthy value, and takes a throw for "not yet"', async () => {
  let looks = 0;
  const value = await waitFor(() => {
    looks += 1;
    if (looks === 1) throw new Error('not yet');
    return looks === 3 ? 'there' : undefined;
  });
  expect([value, looks]).toEqual(['there', 3]);
});

test('waitFor says what it waited for and what it saw last', async () => {
  const failure = await waitFor(() => 0, { timeoutMs: 30, what: 'the tide' }).catch(
    (error: unknown) => error,
  );
  expect(WaitTimeout.is(failure) && failure.message).toBe('Waited 30 ms for the tide; the last look saw 0.');
  const thrown = waitFor(() => Promise.reject(new Error('no water')), { timeoutMs: 30 });
  await expect(thrown).rejects.toThrow('the last look threw: Error: no water');
});

test('waitFor ends with the reason of its signal', async () => {
  const controller = new AbortController();
  const waiting = waitFor(() => false, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow();
  await expect(waitFor(() => true, { signal: controller.signal })).rejects.toThrow('enough');
});

test('size follows SEAWORTHY_SIZE', () => {
  const before = process.env.SEAWORTHY_SIZE;
  delete process.env.SEAWORTHY_SIZE;
  expect(size({ test: 1, soak: 2 })).toBe(1);
  process.env.SEAWORTHY_SIZE = 'soak';
  expect(size({ test: 1, soak: 2 })).toBe(2);
  if (before === undefined) delete process.env.SEAWORTHY_SIZE;
  else process.env.SEAWORTHY_SIZE = before;
});

test('a free port can be listened on, and two askers never get the same', async () => {
  const ports = await Promise.all(Array.from({ length: 30 }, () => freePort()));
  expect(new Set(ports).size).toBe(30);
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(ports[0], '127.0.0.1', resolve);
  });
  server.close();
});

test('a reserved port is kept from other processes until it is released', async () => {
  const { port, release } = await reservePort();
  expect(await tryLock(`port-${port}`)).toBeUndefined();
  await release();
  const lock = await tryLock(`port-${port}`);
  expect(lock).toBeDefined();
  await lock?.release();
});

test('a lock lets one in at a time, and is free again after a failure', async () => {
  let inside = 0;
  let most = 0;
  const enter = (): Promise<void> =>
    withLock('testkit-test', async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside -= 1;
    });
  await Promise.all([enter(), enter(), enter()]);
  expect(most).toBe(1);
  await expect(withLock('testkit-test', () => Promise.reject(new Error('inside')))).rejects.toThrow('inside');
  await enter();
});

test('a lock ends with its holder, by SIGKILL too', async () => {
  const name = 'testkit-test-killed';
  const address = await lockAddress(name);
  await using holder = spawnNode(script, { args: ['hold', address] });
  await holder.output(/held/);
  expect(await tryLock(name)).toBeUndefined();
  holder.kill('SIGKILL');
  await holder.exited;
  await withLock(name, async () => {}, 5_000);
});

test('a Node process shows output, exit code and signals, and gets only the environment it was given', async () => {
  process.env.TESTKIT_LEAK = 'leaked';
  await using child = spawnNode(script, { args: ['serve'], env: { GREETING: 'ahoy' } });
  delete process.env.TESTKIT_LEAK;
  expect((await child.output(/env: (.*)/))[1]).toBe('ahoy undefined');
  child.write('word\n');
  await child.output(/heard word/);
  child.kill('SIGTERM');
  expect(await child.exited).toEqual({ code: 3, signal: null });
  expect(child.stderr).toBe('bye\n');
});

test('waiting for output that never comes says how the process ended', async () => {
  await using child = spawnNode(script, { args: ['fail'] });
  await expect(child.output(/never/)).rejects.toThrow(/"code":1.*\n.*this one fails/s);
});

/** The name under which the kernel knows the lock. */
async function lockAddress(name: string): Promise<string> {
  const { createHash } = await import('node:crypto');
  return `seaworthy-${process.getuid?.() ?? 0}-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
}
