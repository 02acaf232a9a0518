import { afterEach, describe, expect, it, vi } from 'vitest';
import { OptionsError } from '../src/options.js';
import { type Protection, protectionOf, requireProtection } from '../src/protection.js';

afterEach(() => void vi.unstubAllEnvs());

describe('protectionOf', () => {
  it.each<[host: string, tls: unknown, Protection]>([
    ['127.0.0.1', undefined, 'local'],
    ['/run/db.sock', { rejectUnauthorized: false }, 'local'],
    ['db.internal', undefined, 'plaintext'],
    ['db.internal', null, 'plaintext'],
    ['db.internal', false, 'plaintext'],
    ['db.internal', 'require', 'plaintext'],
    ['db.internal', true, 'verified'],
    ['db.internal', {}, 'verified'],
    ['db.internal', { ca: 'PEM' }, 'verified'],
    ['db.internal', { ca: 'PEM', rejectUnauthorized: false }, 'unverified'],
    ['db.internal', { verifyIdentity: false }, 'unverified'],
    ['db.internal', { checkServerIdentity: () => undefined }, 'unverified'],
  ])('calls the way to %s with %j %s', (host, tls, protection) => {
    expect(protectionOf(host, tls)).toBe(protection);
  });

  it('verifies nothing where NODE_TLS_REJECT_UNAUTHORIZED takes the check from all that do not insist on it', () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    for (const tls of [true, {}, { ca: 'PEM' }]) expect(protectionOf('db.internal', tls)).toBe('unverified');
    expect(protectionOf('db.internal', { rejectUnauthorized: true })).toBe('verified');
    expect(protectionOf('127.0.0.1', {})).toBe('local');
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '1');
    expect(protectionOf('db.internal', {})).toBe('verified');
  });
});

describe('requireProtection', () => {
  const refusal = (
    protection: Protection,
    environment: Parameters<typeof requireProtection>[2],
  ): string | undefined => {
    try {
      requireProtection('connectQueue', { address: 'mq.internal:5671', protection }, environment, {
        plaintext: { option: 'url', expected: 'an amqps:// URL', fix: 'amqps://' },
        unverified: { option: 'tls', expected: 'one that checks', fix: 'tls: { ca }' },
      });
      return undefined;
    } catch (error) {
      if (!OptionsError.is(error)) throw error;
      return error.message;
    }
  };

  it.each(['staging', 'production'] as const)(
    'refuses in %s what could be read or changed on the way, with the option, the place and the fix',
    (environment) => {
      expect(refusal('plaintext', environment)).toBe(
        'connectQueue: option "url" must be an amqps:// URL: mq.internal:5671 is another machine and the connection would ' +
          "not be encrypted. Pass amqps://, or environment: 'development' where that is true.",
      );
      expect(refusal('unverified', environment)).toBe(
        'connectQueue: option "tls" must be one that checks the certificate of mq.internal:5671: anybody on the way could ' +
          'pose as it. Pass tls: { ca }.',
      );
      expect(refusal('verified', environment)).toBeUndefined();
      expect(refusal('local', environment)).toBeUndefined();
    },
  );

  it('names NODE_TLS_REJECT_UNAUTHORIZED where that is why', () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    expect(refusal('unverified', 'production')).toContain(
      'Pass tls: { ca }, and unset NODE_TLS_REJECT_UNAUTHORIZED, which takes the check from every connection.',
    );
  });

  it.each(['development', 'test'] as const)('refuses nothing in %s', (environment) => {
    expect(refusal('plaintext', environment)).toBeUndefined();
    expect(refusal('unverified', environment)).toBeUndefined();
  });
});
