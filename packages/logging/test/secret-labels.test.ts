import { describe, expect, test } from 'vitest';
import { createRedactor } from '../src/index.js';

const redactor = createRedactor();

/** A secret as people have them: without a digit, without a sign. */
const word = 'swordfish';

describe('a name', () => {
  test.each([
    ...['user[token]', 'card[cvc]', 'card[pin]', 'card.pin', 'users[0].pin', 'pins[otp][]', 'a.b.c.jwt'],
    ...[
      'DB_PASS',
      'smtpPass',
      'dbpass',
      'MYSQL_PWD',
      'userPwd',
      'CARD_CVV',
      'cardPin',
      'login-otp',
      'SENTRY_DSN',
    ],
    ...['REDIS_AUTH', 'basicAuth', 'pin2', 'cvv2', 'totp', 'token_v2', 'tokenValue', 'refresh_token_hash'],
    ...[
      'passcode',
      'RAILS_MASTER_KEY',
      'AccountKey',
      'Ocp-Apim-Subscription-Key',
      'verification_code',
      'code_verifier',
    ],
    ...[`${'deep.'.repeat(80)}password`, '$password', '_auth', '//registry.test/:_authToken'],
  ])('%s is secret wherever it stands before a value', (name) => {
    expect(redactor.redact({ [name]: word })).not.toEqual({ [name]: word });
    if (/[/$]/.test(name) || name.length > 128) return;
    expect(redactor.redactText(`a=b&${name}=${word}&c=d`)).toBe(`a=b&${name}=[redacted]&c=d`);
    expect(redactor.redactText(`?${encodeURIComponent(name)}=${word}`)).not.toContain(word);
  });

  test.each([
    ...[
      'tokenCount',
      'tokenizer',
      'bypass',
      'compass',
      'spin',
      'shipping',
      'author',
      'oauthProvider',
      'keyboard',
    ],
    ...[
      'user.name',
      'page[size]',
      'options.pinned',
      'filter[code]',
      'filter[key]',
      'items[0]',
      '[0]',
      '',
      '.',
    ],
    ...['primaryKey', 'idempotency_key', 'publicKey', 'messageSid', 'zipCode', 'statusCode', 'signature'],
  ])('%s is none', (name) => {
    expect(redactor.redact({ [name]: word })).toEqual({ [name]: word });
    expect(redactor.redactText(`a=b;${name}=${word};c=d`)).toBe(`a=b;${name}=${word};c=d`);
  });

  test('in a URL is secret too when it signs it', () => {
    for (const name of ['X-Amz-Signature', 'X-Goog-Signature', 'Signature', 'hmac', 'SAMLResponse']) {
      expect(redactor.redactText(`https://b.test/k?a=1&${name}=${word}`)).toBe(
        `https://b.test/k?a=1&${name}=[redacted]`,
      );
      expect(redactor.redact({ [name]: word })).toEqual({ [name]: word });
    }
  });

  test('that a service allows is shown as a part of another, too, unless the rest is secret', () => {
    const own = createRedactor({ allow: ['pin', 'cookieConsent'], keys: ['nationalId'] });
    expect(own.redactText('map.pin=a prefs[cookieConsent]=b secret.pin=c user[nationalId]=d')).toBe(
      'map.pin=a prefs[cookieConsent]=b secret.pin=[redacted] user[nationalId]=[redacted]',
    );
  });
});
