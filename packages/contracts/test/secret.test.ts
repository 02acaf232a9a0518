import assert from 'node:assert';
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';
import { describe, expect, it, vi } from 'vitest';
import { Secret } from '../src/secret.js';

const canary = 'canary-7f3a9c';

function sinks(secret: Secret): Record<string, string> {
  const nested = { a: [secret], m: new Map([[secret, secret]]), s: new Set([secret]) };
  let console = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      console += String(chunk);
      done();
    },
  });
  const printer = new Console(stream, stream);
  printer.log(secret, nested, '%o %O %j %s', secret, secret, secret, secret);
  printer.dir(secret, { showHidden: true });
  printer.table([secret]);
  printer.error(new Error('failed', { cause: secret }));
  return {
    template: `${secret}`,
    concatenation: `x${String(secret)}`,
    json: JSON.stringify(nested),
    jsonKeys: JSON.stringify(Object.entries(secret)),
    inspect: inspect(nested, { depth: 9 }),
    inspectHidden: inspect(nested, { showHidden: true, depth: 9 }),
    inspectRaw: inspect(nested, { customInspect: false, showHidden: true, depth: 9, getters: true }),
    inspectProxy: inspect(new Proxy(secret, {}), { showProxy: true, customInspect: false }),
    inspectPrototype: inspect(Object.getPrototypeOf(secret), { showHidden: true, getters: true }),
    format: format('%s %o %O %j %d %i', secret, secret, secret, secret, secret, secret),
    console,
    structuredClone: inspect(structuredClone(secret), { showHidden: true }),
    v8: serialize(secret).toString('latin1'),
    spread: inspect({ ...secret }),
    names: JSON.stringify([
      Object.getOwnPropertyNames(secret),
      Object.getOwnPropertySymbols(secret).map(String),
    ]),
    assertDiff: message(() => assert.deepStrictEqual({ secret }, { secret: 'other' })),
    assertEqual: message(() => assert.strictEqual(secret, 'other')),
    errorMessage: message(() => {
      throw new Error(`cannot connect with ${secret}`);
    }),
    typeError: message(() => Reflect.apply(Reflect.get(secret, 'missing'), secret, [])),
  };
}

function message(run: () => unknown): string {
  try {
    return String(run());
  } catch (error) {
    return inspect(error, { showHidden: true });
  }
}

describe('Secret', () => {
  it('prints its value in no sink', () => {
    const printed = sinks(new Secret('JWT_SECRET', canary));
    for (const [sink, text] of Object.entries(printed)) expect(text, sink).not.toContain(canary);
    expect(printed.template).toBe('[secret JWT_SECRET]');
    expect(printed.json).toContain('[secret JWT_SECRET]');
  });

  it('prints its value in no sink of a binary secret', () => {
    const bytes = new TextEncoder().encode(canary);
    const secret = new Secret('KEY', bytes);
    const text = inspect(
      { secret, clone: structuredClone(secret) },
      { showHidden: true, customInspect: false },
    );
    expect(text + JSON.stringify({ secret }) + serialize(secret).toString('latin1')).not.toContain(canary);
    expect(text).not.toContain(String(bytes[0]));
    expect(secret.reveal()).toBe(bytes);
  });

  it('gives the value to who asks for it by name', () => {
    expect(new Secret('JWT_SECRET', canary).reveal()).toBe(canary);
  });

  it('compares by value, with a secret, a string or bytes', () => {
    const secret = new Secret('A', canary);
    expect(secret.equals(new Secret('B', canary))).toBe(true);
    expect(secret.equals(canary)).toBe(true);
    expect(secret.equals(new TextEncoder().encode(canary))).toBe(true);
    expect(secret.equals(`${canary} `)).toBe(false);
    expect(secret.equals('')).toBe(false);
  });

  it('equals nothing that is neither text nor bytes, and shows it in no error', () => {
    const secret = new Secret('A', canary);
    // A header that a client did not send, and values of JSON.
    for (const other of [undefined, null, 4242, true, {}, [canary], { toString: () => canary }]) {
      expect(secret.equals(other as never)).toBe(false);
    }
    expect(new Secret('A', 4242 as never).equals('4242')).toBe(false);
  });

  it('cannot be changed: neither its value nor how it prints', () => {
    const secret = new Secret('A', canary);
    expect(Object.isFrozen(secret)).toBe(true);
    expect(() => Object.assign(secret, { reveal: () => 'other', toJSON: () => canary })).toThrow(TypeError);
    expect([secret.reveal(), JSON.stringify(secret)]).toEqual([canary, '"[secret A]"']);
  });

  it('is recognised across copies of the module, and nothing else is', async () => {
    vi.resetModules();
    const copy = await import('../src/secret.js');
    const foreign = new copy.Secret('A', canary);
    expect(foreign).not.toBeInstanceOf(Secret);
    expect(Secret.is(foreign)).toBe(true);
    expect(new Secret('B', canary).equals(foreign)).toBe(true);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const other of [null, undefined, canary, {}, [], () => canary, proxy])
      expect(Secret.is(other)).toBe(false);
  });
});
