import fc from 'fast-check';
import type { ConfigOptions, Fields } from '../../src/define-config.js';

/** The calls that make a field, to be made by either builder: `['port', []], ['default', [3001]]`. */
export type Recipe = ReadonlyArray<readonly [method: string, given: readonly unknown[]]>;

export interface Case {
  readonly fields: Readonly<Record<string, Recipe>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly rules: ReadonlyArray<readonly [kind: string, names: readonly [string, string]]>;
  readonly unknown: ConfigOptions<Fields>['unknown'] | undefined;
}

const texts = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      ' ',
      'undefined',
      '[object Object]',
      'true',
      'false',
      'on',
      'TRUE',
      '0',
      '1',
      '-1',
      '5',
      '08',
      '-0',
      '1e3',
      '1e-7',
      '0.5',
    ],
    ...[
      '0x10',
      '9007199254740992',
      '1_000',
      ' 5',
      '5.',
      'Infinity',
      'NaN',
      '1m',
      '7d',
      '1h30m',
      '07d',
      '0s',
      '1M',
      '10mb',
      '1.5gb',
      '512',
    ],
    ...[
      'debug',
      'info',
      'a,b',
      'a, b',
      '1,2',
      'a,,b',
      'a@b.example',
      'A.b+c@d-e.example.org',
      'a@b',
      '@',
      'changeme',
      '$(x)',
      '<secret>',
    ],
    ...[
      'https://a.example',
      'https://a.example/',
      'http://localhost:3001',
      'https://*.a.example',
      'HTTPS://a.example',
      'http://127.0.0.1',
    ],
    ...[
      'https://a.example:443',
      'http://127.1',
      'https://a.example/b?c=d#e',
      'https://a.example?b',
      'https://a@b.example',
      'http:/a',
      'https://a..b',
    ],
    ...[
      'postgres://u:p@h/d',
      'postgres://u:p@ss/w@h/d',
      'postgres://u:p%40ss@h/d',
      'postgres://:Zt8vQ2mL@h/d',
      'postgres://u:p%zz@h',
      'postgres:///d',
    ],
    ...[
      'postgres://h1,h2/d',
      'postgres://u:changeme@h/d',
      'postgres://.../d',
      'postgres://-/d',
      'postgres://u:a:b@h/d',
      'redis://h:6379/0',
      'redis://h/@',
    ],
    ...[
      '-----BEGIN KEY-----\\n',
      'KPI Productivity',
      'ü',
      'a\u0000',
      'Qm9hdHMgYXJlIG5vdCBzZWF3b3J0aHkgeWV0ISE=',
      'q8'.repeat(16),
    ],
  ),
  fc.string(),
  fc.integer().map(String),
  fc.double().map(String),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.webUrl().map((url) => url.replace(/^https?/, 'postgres')),
  fc.emailAddress(),
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 30, maxLength: 70 }),
  fc.base64String({ minLength: 30, maxLength: 70 }),
  fc
    .tuple(fc.nat(2_000), fc.constantFrom('ms', 's', 'm', 'h', 'd', 'w', 'b', 'k', 'kb', 'mb', 'gb', ''))
    .map(([n, unit]) => `${n}${unit}`),
);

const amounts = fc.constantFrom<unknown>(
  undefined,
  0,
  1,
  5,
  -5,
  1.5,
  1e300,
  Number.NaN,
  '1m',
  '30d',
  '1kb',
  '1h30m',
  '5',
  '',
);
const bounds = fc.option(fc.record({ min: amounts, max: amounts }, { requiredKeys: [] }), { nil: undefined });

const simple: fc.Arbitrary<readonly [string, readonly unknown[]]> = fc.oneof(
  fc.constantFrom<readonly [string, readonly unknown[]]>(
    ...(['string', 'bool', 'port', 'url', 'origin', 'email', 'profile'] as const).map(
      (kind) => [kind, []] as const,
    ),
    ['string', [{ pattern: /^[a-z]/ }]],
    ['string', [{ pattern: /a/g }]],
    ['string', [{ minLength: 3, maxLength: 5 }]],
    ['string', [{ multiline: true }]],
    ['string', [{ minLenght: 3 }]],
    ['port', [{ allowZero: true }]],
    ['url', [{ protocols: ['postgres:', 'redis:'] }]],
    ['url', [{ protocols: ['postgres'] }]],
    ['url', [{ protocols: [] }]],
    ['url', [{ protocols: ['postgres:'], allowEmptyHost: true }]],
    ['oneOf', [['debug', 'info', '5', 'a,b']]],
    ['enum', [['true']]],
    ['oneOf', [['undefined']]],
    ['oneOf', [[]]],
    ['json', []],
  ),
  fc.tuple(
    fc.constantFrom('int', 'number', 'duration', 'bytes'),
    bounds.map((given) => (given === undefined ? [] : [given])),
  ),
);

const lists = fc.record(
  {
    separator: fc.constantFrom(',', ';', ' ', ''),
    unique: fc.boolean(),
    min: fc.integer({ min: -1, max: 3 }),
    max: fc.nat(4),
  },
  { requiredKeys: [] },
);

const literals = fc.oneof(
  texts,
  fc.constantFrom<unknown>(
    0,
    5,
    3001,
    -0,
    1.5,
    1e21,
    true,
    false,
    undefined,
    null,
    [],
    ['a'],
    [1, 2],
    ['a,b'],
    ['https://a.example'],
    [true],
    { a: 1 },
  ),
);
const only = fc.constantFrom<unknown>(
  { only: ['development'] },
  { only: ['development', 'test'] },
  { only: ['production'] },
  { only: [] },
  { only: ['prod'] },
  { onyl: ['test'] },
);

const methods: fc.Arbitrary<Recipe> = fc.array(
  fc.oneof(
    fc.constantFrom<Recipe[number]>(
      ['optional', []],
      ['describe', ['What it is.']],
      ['client', []],
      ['secret', []],
      ['secret', [{ minBytes: 8 }]],
      ['secret', [{ minBytes: 0 }]],
    ),
    literals.map((literal): Recipe[number] => ['default', [literal]]),
    fc.tuple(literals, only).map((given): Recipe[number] => ['default', given]),
  ),
  { maxLength: 3 },
);

/** A list holds the recipe of its items. */
const recipes: fc.Arbitrary<Recipe> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(simple, methods).map(([kind, calls]): Recipe => [kind, ...calls]) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(simple, methods, fc.option(lists, { nil: undefined }), methods)
      .map(
        ([item, itemCalls, options, calls]): Recipe => [['list', [[item, ...itemCalls], options]], ...calls],
      ),
  },
);

/** Recipes that are sound, each with texts that fit. */
const sound = fc.constantFrom<readonly [Recipe, readonly string[]]>(
  [[['string', []]], ['KPI Productivity', 'a', 'b'.repeat(70)]],
  [
    [
      ['string', [{ pattern: /^[a-z]/ }]],
      ['optional', []],
    ],
    ['abc', ''],
  ],
  [
    [
      ['string', []],
      ['secret', []],
    ],
    ['Qm9hdHMgYXJlIG5vdCBzZWF3b3J0aHkgeWV0ISE=', 'Zt8vQ2mLr5Wx7Kp3Nb6Hs9Jd4Gf1Tc0Y'],
  ],
  [
    [
      ['string', []],
      ['secret', [{ minBytes: 8 }]],
      ['optional', []],
    ],
    ['', 'Zt8vQ2mLr5', 'changeme123', 'abcdefgh'],
  ],
  [
    [
      ['string', []],
      ['secret', []],
      ['default', ['dev-only-secret-dev-only-secret!', { only: ['test'] }]],
    ],
    ['', 'dev-only-secret-dev-only-secret!'],
  ],
  [
    [
      ['int', [{ min: 0, max: 15 }]],
      ['default', [0]],
    ],
    ['', '5', '0'],
  ],
  [[['number', [{ min: -1 }]]], ['0.5', '-1', '1e-7', '3']],
  [
    [
      ['bool', []],
      ['default', [false]],
      ['default', [true, { only: ['production'] }]],
    ],
    ['', 'true', 'false'],
  ],
  [
    [
      ['port', []],
      ['default', [3001]],
      ['describe', ['Where it listens.']],
    ],
    ['', '8080', '65535'],
  ],
  [
    [
      ['url', [{ protocols: ['postgres:', 'redis:'] }]],
      ['secret', []],
    ],
    [
      'postgres://u:Zt8vQ2mL%40r5@h.example:5432/d?sslmode=require',
      'redis://:Zt8vQ2mL@h:6379/0',
      'redis://u:secret@h',
      'redis://h',
    ],
  ],
  [
    [
      ['url', []],
      ['client', []],
    ],
    ['https://a.example', 'http://localhost:3001/a?b=c'],
  ],
  [
    [
      ['origin', []],
      ['default', ['http://localhost:3000', { only: ['development', 'test'] }]],
    ],
    ['', 'https://a.example', 'http://localhost:3000'],
  ],
  [
    [
      ['email', []],
      ['optional', []],
    ],
    ['', 'a.b+c@d-e.example.org'],
  ],
  [
    [
      ['oneOf', [['debug', 'info']]],
      ['default', ['info']],
    ],
    ['', 'debug'],
  ],
  [
    [['list', [[['origin', []]], { unique: true }]]],
    ['https://a.example, https://b.example', 'https://a.example'],
  ],
  [
    [
      ['list', [[['int', []]], { separator: ';', max: 3 }]],
      ['default', [[1, 2]]],
    ],
    ['', '1;2;3', '7'],
  ],
  [
    [
      ['duration', [{ min: '1m', max: '30d' }]],
      ['default', ['7d']],
    ],
    ['', '90m', '1w', '60000ms'],
  ],
  [
    [
      ['duration', []],
      ['default', [1500]],
    ],
    ['', '5s'],
  ],
  [
    [
      ['bytes', [{ max: '10mb' }]],
      ['default', [1024]],
    ],
    ['', '64kb', '512', '1m'],
  ],
  [[['profile', []]], ['', 'test', 'production']],
);

export const anyRecipe = fc.oneof(
  recipes,
  sound.map(([recipe]) => recipe),
);
/** One recipe of each kind of text. */
export const kinds: readonly Recipe[] = [
  [['string', []]],
  [['string', [{ pattern: /^[a-z]/ }]]],
  [['int', []]],
  [['int', [{ min: 0, max: 15 }]]],
  [['number', []]],
  [['bool', []]],
  [['port', []]],
  [['url', []]],
  [['url', [{ protocols: ['postgres:', 'redis:'] }]]],
  [['origin', []]],
  [['email', []]],
  [['oneOf', [['debug', 'info', 'a,b']]]],
  [['duration', []]],
  [['duration', [{ min: '1m', max: '30d' }]]],
  [['bytes', []]],
  [['bytes', [{ max: '10mb' }]]],
];

/** URLs made of what parsers read in different ways. */
const strangeUrls = fc
  .tuple(
    fc.constantFrom('http://', 'https://', 'postgres://', 'redis://', 'postgres:', 'HTTP://', ''),
    fc.array(
      fc.constantFrom(
        ...[
          'a',
          'b.c',
          'u',
          'p',
          'A',
          '8080',
          '99999',
          '127.1',
          '[::1]',
          '-',
          '_',
          'x--y',
          'é',
          '%40',
          '%zz',
          '%7f',
          '%C3',
        ],
        ...[
          ':',
          '@',
          '/',
          '?',
          '#',
          '.',
          '..',
          '...',
          '*',
          ',',
          ';',
          '=',
          '&',
          '+',
          '!',
          '$',
          "'",
          '(',
          '~',
          ' ',
          '\t',
        ],
        ...['\\', '<', '>', '"', '{', '}', '|', '^', '`', '[', ']', '//'],
      ),
      { maxLength: 7 },
    ),
  )
  .map(([start, parts]) => `${start}${parts.join('')}`);

const numbersAndUnits = fc
  .array(
    fc.constantFrom(
      '0',
      '1',
      '5',
      '90',
      '.',
      '-',
      '+',
      'e',
      'E',
      'x',
      '_',
      ' ',
      'ms',
      's',
      'm',
      'd',
      'w',
      'k',
      'kb',
      'M',
      'B',
      'b',
      'NaN',
      'Infinity',
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((parts) => parts.join(''));

const addresses = fc
  .array(
    fc.constantFrom('a', 'B', '1', '-', '.', '+', '_', '@', '@a.example', 'example', '.org', ' ', "'", '"'),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

/** Texts for which reading them twice alike is hard. */
export const trickyTexts = fc.oneof(
  { weight: 4, arbitrary: strangeUrls },
  { weight: 2, arbitrary: numbersAndUnits },
  { weight: 1, arbitrary: addresses },
  { weight: 1, arbitrary: texts },
);

export const anyText = fc.oneof(
  texts,
  sound.chain(([, fitting]) => fc.constantFrom(...fitting)),
);

const names = fc.constantFrom('A', 'B_C', 'PORT', 'NODE_ENV', 'APP_ENV');
const strangeNames = fc.constantFrom(
  'VITE_X',
  'A_FILE',
  '1A',
  'constructor',
  'B_D',
  'B_C_FILE',
  'NODE_ENV_FILE',
);

const variable = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.tuple(
      names,
      sound.chain(([recipe, fitting]) => fc.tuple(fc.constant(recipe), fc.constantFrom(...fitting))),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.oneof(names, strangeNames), fc.tuple(recipes, texts)) },
);

const rules = fc.tuple(
  fc.constantFrom('profile', 'equals', 'set', 'together', 'check', 'throwing', 'promise', 'unknown'),
  fc.tuple(names, names),
);

export const cases: fc.Arbitrary<Case> = fc
  .record({
    variables: fc.array(variable, { maxLength: 5 }),
    strange: fc.oneof(
      { weight: 4, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: fc.dictionary(fc.oneof(names, strangeNames), texts, { maxKeys: 2 }) },
    ),
    profile: fc.constantFrom('development', 'test', 'staging', 'production', 'prod', ''),
    rules: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(rules, { maxLength: 2 }) },
    ),
    unknown: fc.constantFrom<Case['unknown']>(
      undefined,
      { prefixes: ['B_'] },
      { prefixes: ['B_'], action: 'warn', except: ['B_D'] },
    ),
  })
  .map(({ variables, strange, profile, rules, unknown }) => ({
    fields: Object.fromEntries(variables.map(([name, [recipe]]) => [name, recipe])),
    environment: {
      APP_ENV: profile,
      ...Object.fromEntries(variables.map(([name, [, text]]) => [name, text])),
      ...strange,
    },
    rules,
    unknown,
  }));
