import { fileURLToPath } from 'node:url';
import { spawnNode } from '@seaworthy/testkit';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('fixtures/service.mjs', import.meta.url));

function start(env: Readonly<Record<string, string>>) {
  return spawnNode(script, { env: { NODE_ENV: 'test', PORT: '0', KEY: '1', ...env } });
}

describe('a service in a process of its own', () => {
  it('drains, closes in reverse and exits 0 on SIGTERM', async () => {
    await using service = start({});
    await service.output(/running/);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.stdout.trim().split('\n')).toEqual(['migrating', 'running', 'close cache', 'close db']);
  });

  it('does so without a port, too', async () => {
    await using service = start({ MODE: 'worker' });
    await service.output(/running/);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.stdout.trim().split('\n')).toEqual(['migrating', 'running', 'close cache', 'close db']);
  });

  it.each([
    ['exits 1 when a resource does not close, and has closed the others', { STUCK: 'cache' }],
    ['exits 1 when closing a resource fails, and has closed the others', { BROKEN: 'cache' }],
  ])('%s', async (_title, env) => {
    await using service = start({ MODE: 'worker', ...env });
    await service.output(/running/);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.stdout.trim().split('\n')).toEqual(['migrating', 'running', 'close db']);
  });

  it.each([
    [
      'closes what it had opened when SIGTERM comes before it has started, after the work that was under way',
      {},
    ],
    [
      'closes nothing under the work of a start, although a health was declared before it',
      { HEALTH: 'first' },
    ],
  ])('%s', async (_title, env) => {
    await using service = start({ MODE: 'migrate', ...env });
    await service.output(/migrating/);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.stdout.trim().split('\n')).toEqual([
      'migrating',
      'rolled back',
      'close cache',
      'close db',
    ]);
  });

  it('ends with SIGTERM while it waits for a remote source of its configuration', async () => {
    await using service = start({ MODE: 'vault' });
    await service.output(/asking vault/);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.stdout.trim().split('\n')).toEqual(['asking vault']);
  });

  it('gives up on work that goes on for 8 s after SIGTERM, closes and exits 1', async () => {
    await using service = start({ MODE: 'hang' });
    await service.output(/migrating/);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.stdout.trim().split('\n')).toEqual(['migrating', 'close cache', 'close db']);
    expect(service.stderr).toContain('startup "migrations" went on for 8000 ms');
  }, 30_000);

  it('closes also what is still becoming ready when SIGTERM comes', async () => {
    await using service = start({ MODE: 'unready' });
    await service.output(/waiting/);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.stdout.trim().split('\n')).toEqual(['waiting', 'close cache', 'close db']);
  });

  it('ends with SIGTERM while the application is being built, for however long', async () => {
    await using service = start({ MODE: 'unbuilt' });
    await service.output(/building/);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.stdout.trim().split('\n')).toEqual(['migrating', 'building', 'close cache', 'close db']);
  });

  it('exits 1 when the application is not built within its timeout', async () => {
    await using service = start({ MODE: 'unbuilt-short' });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.stderr).toContain('building http took longer than 50 ms');
    expect(service.stdout.trim().split('\n')).toEqual(['migrating', 'building', 'close cache', 'close db']);
  });

  it('prints why it could not start, closes and exits 1', async () => {
    await using service = start({ MODE: 'fail' });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.stderr).toContain('startup "migrations" failed');
    expect(service.stdout.trim().split('\n')).toEqual(['migrating', 'close cache', 'close db']);
  });

  it('names every wrong variable and no value, and exits 1', async () => {
    await using service = start({ PORT: 'canary-port', KEY: 'canary-key' });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.stderr).toContain('PORT');
    expect(service.stderr).toContain('KEY');
    expect(service.stderr + service.stdout).not.toContain('canary');
  });
});
