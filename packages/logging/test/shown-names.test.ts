import { describe, expect, test } from 'vitest';
import { createRedactor } from '../src/index.js';
import { testLogger } from './support/memory-sink.js';

const redactor = createRedactor();

/** The names in a JSON text, each as often as it stands there. */
function namesIn(json: string): string[] {
  return [...json.matchAll(/"((?:[^"\\]|\\.)*)":/g)].map(([, name = '']) => name);
}

describe('a name that holds something secret', () => {
  test.each<[string, object, object]>([
    [
      'a JSON body sent as form data',
      { body: { '{"password":"swordfish"}': '' } },
      { body: { '{"password":"[redacted]"}': '[redacted]' } },
    ],
    [
      'a JSON body with a shown value',
      { body: { '{"user":"ada","pin":"swordfish"}': '' } },
      { body: { '{"user":"ada","pin":"[redacted]"}': '' } },
    ],
    ['an address', { byUser: { 'ada@example.test': 2 } }, { byUser: { '[redacted]': 2 } }],
    [
      'addresses',
      { byUser: { 'ada@example.test': 1, 'bob@example.test': 2, 'cy@example.test': 3, '[redacted]': 4 } },
      { byUser: { '[redacted]': 1, '[redacted]_': 2, '[redacted]_2': 3, '[redacted]_3': 4 } },
    ],
    [
      'a name that another one is redacted to',
      { '[redacted]_': 1, '[redacted]': 2, 'ada@example.test': 3 },
      { '[redacted]_': 1, '[redacted]': 2, '[redacted]_2': 3 },
    ],
    ['an address with a text', { 'ada@example.test': 'x' }, { '[redacted]': 'x' }],
    [
      'a map',
      {
        hits: new Map([
          ['/r?token=swordfish', 1],
          ['/r?token=herring', 2],
        ]),
      },
      { hits: { '/r?token=[redacted]': 1, '/r?token=[redacted]_': 2 } },
    ],
    [
      'one object in two places',
      (() => {
        const one = { 'ada@example.test': 1 };
        return { list: [one, one, { inner: one }] };
      })(),
      { list: [{ '[redacted]': 1 }, { '[redacted]': 1 }, { inner: { '[redacted]': 1 } }] },
    ],
  ])('shows no more of it than a text would: %s', (_what, fields, expected) => {
    expect(redactor.redact(fields)).toEqual(expected);
    const { log, last, texts } = testLogger();
    log.info('x', fields);
    log.info('again', fields);
    expect(last()).toMatchObject(expected);
    log.info('deep', { deep: { deeper: [fields] } });
    expect(last()).toMatchObject({ deep: { deeper: [expected] } });
    log.info('error', Object.assign(new Error('no'), fields));
    expect(last()).toMatchObject({ error: expected });
    log.child(fields).info('child');
    expect(texts.join('')).not.toMatch(/swordfish|herring|@example/);
  });

  test('is shown as its hash where addresses are hashed', () => {
    const own = createRedactor({ hash: { key: '0123456789abcdef', email: true } });
    const copy = own.redact({ 'ada@example.test': 1, 'bob@example.test': 2 });
    expect(Object.keys(Object(copy))).toEqual([
      own.redactText('ada@example.test'),
      own.redactText('bob@example.test'),
    ]);
  });
});

describe('no name stands twice', () => {
  const long = 'n'.repeat(256);

  test('when names are cut to the same text', () => {
    const { log, texts } = testLogger();
    const fields = {
      [`${long}1`]: 1,
      [`${long}2`]: 2,
      [`${long}…`]: 3,
      deep: { [`${long}3`]: 4, [`${long}4`]: 5 },
    };
    log.info('x', fields);
    const [line = ''] = texts;
    const names = namesIn(line.slice(0, line.indexOf('"deep"')));
    expect(names.filter((name) => name.startsWith('nnn'))).toEqual([`${long}…`, `${long}…_`, `${long}…_2`]);
    expect(JSON.parse(line)).toMatchObject({ deep: { [`${long}…`]: 4, [`${long}…_`]: 5 } });
    expect(Object.values(Object(redactor.redact(fields)))).toEqual([1, 2, 3, expect.anything()]);
  });

  test('when data have a member that is called like the one that counts what is left out', () => {
    const { log, last, texts } = testLogger({ limits: { maxKeys: 3 } });
    const many = { '…': 'own', a: 1, b: 2, c: 3 };
    log.info('x', { ...many, b: many });
    expect(last()).toMatchObject({ '…': 'own', '…_': '[+1]', b: { '…': 'own', '…_': '[+1]' } });
    log.info('map', { map: new Map(Object.entries(many)) });
    expect(last()).toMatchObject({ map: { '…': 'own', '…_': '[+1]' } });
    for (const text of texts) {
      const outer = namesIn(text.replace(/"(?:b|map)":\{[^}]*\}/, ''));
      expect(new Set(outer).size).toBe(outer.length);
    }
  });

  test('when fields that are bound to a logger have such a name too', () => {
    const { log, texts } = testLogger({ limits: { maxKeys: 2 } });
    const child = log.child({ 'ada@example.test': 1, b: 2, c: 3 });
    child.info('x', { 'bob@example.test': 4, '[redacted]_bound': 5, d: 6 });
    const names = namesIn(texts.join(''));
    expect(new Set(names).size).toBe(names.length);
    expect(JSON.parse(texts.join(''))).toMatchObject({ '[redacted]': 4, '[redacted]_bound': 1 });
  });

  test('and ten thousand of them cost time in proportion to their number', () => {
    const fields = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`u${index}@example.test`, index]),
    );
    const copy = Object(redactor.redact({ fields })).fields;
    expect(Object.keys(copy)).toHaveLength(10_000);
  });
});
