import { describe, expect, test } from 'vitest';
import { env } from '../../src/index.js';
import { loadField } from '../support/load-field.js';

const database = env.url({ protocols: ['postgres:', 'postgresql:'] });

describe('env.url', () => {
  test.each([
    'postgres://u:p@h:5432/db',
    'postgresql://h/db',
    'postgres://u:p%40ss%2Fw%23rd@h/db?sslmode=require',
    'postgres://u@127.0.0.1/db',
    'postgres://u:p@[::1]:5432/db',
    'postgres://app:pw@db_primary/db',
  ])('keeps %j exactly', (text) => {
    expect(loadField(database, text)).toEqual({ value: text, problems: [] });
  });

  test.each([
    'postgres://u:p@ss/w#rd@h/db',
    'postgres://u:p@ss@h/db',
    'postgres://u:p:w@h/db',
    'postgres://u:12/w@h/db',
    'postgres://u:12#w@h/db',
    'postgres://u:p?w@h/db',
    'postgres://u:p/w@h/db',
  ])('refuses %j, whose password parsers cut in different places, and says what to encode', (text) => {
    expect(loadField(database, text).problems).toMatchObject([
      { fix: expect.stringContaining('Percent-encode the user and the password') },
    ]);
  });

  test.each([
    'postgres://u:p%zz@h/db',
    'postgres://h1:5432,h2:5432/db',
    'postgres://h1,h2/db',
    'postgres:///db?host=/run/postgresql',
    'postgres://u:p@/db',
    'postgres://:5432/db',
    'postgres://.../db',
    'postgres://h..example/db',
    'postgres://h:99999/db',
    'postgres://h:port/db',
    'postgres:h/db',
    'mysql://h/db',
    'localhost:5432',
    'h/db',
    'javascript:alert(1)',
    'postgres://h/db\n',
    'postgres://h/d b',
    'postgres://h\\@evil/db',
    'postgresql://...',
    'postgres://<host>/db',
    'postgres://h/%',
  ])('refuses %j', (text) => {
    expect(loadField(database, text).problems).toHaveLength(1);
  });

  test('accepts a socket when asked to', () => {
    const socket = env.url({ protocols: ['postgres:'], allowEmptyHost: true });
    expect(loadField(socket, 'postgres:///db?host=/run/postgresql').problems).toEqual([]);
  });

  test('refuses what is no URL although it needs no host, as a secret in production too', () => {
    const socket = env.url({ protocols: ['http:'], allowEmptyHost: true });
    for (const field of [socket, socket.secret()]) {
      expect(loadField(field, 'http://?password=CANARY', 'production').problems).toMatchObject([
        { message: 'is not an absolute URL' },
      ]);
    }
  });

  test('accepts http and https when no protocols are given, with an @ in the path', () => {
    expect(loadField(env.url(), 'https://cdn.example/@scope/pkg?q=a@b').problems).toEqual([]);
    expect(loadField(env.url(), 'https://key@o1.ingest.example/42').problems).toEqual([]);
    expect(loadField(env.url(), 'ftp://h/').problems).toMatchObject([
      { expected: 'a URL that begins with http:// or https://' },
    ]);
  });

  test('refuses an @ behind the host, except for http and ws without a user', () => {
    const any = env.url({ protocols: ['https:', 'wss:', 'redis:'] });
    for (const text of ['https://user:12/rest@host', 'wss://h/a?b@c']) {
      expect(loadField(any, text)).toEqual({ value: text, problems: [] });
    }
    for (const text of ['redis://user:12/rest@host', 'https://u:p@h/rest@host', 'https://u:p/w@h']) {
      expect(loadField(any, text).problems).toHaveLength(1);
    }
  });

  test('refuses protocols without their colon', () => {
    expect(() => env.url({ protocols: ['https'] })).toThrow('"protocols" must be');
  });
});

describe('env.origin', () => {
  test.each(['https://app.example.com', 'http://localhost:3000', 'https://[::1]:8443'])(
    'reads %j',
    (text) => {
      expect(loadField(env.origin(), text).value).toBe(text);
    },
  );

  test.each([
    ['https://app.example.com/', 'ends with a slash'],
    ['https://app.example.com//', 'is not an origin or has a path'],
    ['*', 'allows every origin'],
    ['https://app.example.com/path', 'is not written as browsers send it'],
    ['https://app.example.com:443', 'is not written as browsers send it'],
    ['HTTPS://App.example.com', 'is not written as browsers send it'],
    ['https://u:p@app.example.com', 'is not written as browsers send it'],
    ['app.example.com', 'is not an origin'],
    ['null', 'is not an origin'],
    ['file:///etc', 'is not an origin'],
  ])('refuses %j', (text) => {
    expect(loadField(env.origin(), text).problems).toHaveLength(1);
  });
});
