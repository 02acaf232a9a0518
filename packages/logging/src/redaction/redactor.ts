import { invalidOption, optionsOf, type Redactor } from '@seaworthy/contracts';
import type { Discretion } from '../lines/discretion.js';
import { createJsonWriter } from '../lines/json-writer.js';
import { type HashOptions, keyedHash } from './keyed-hash.js';
import { labelTrigger } from './redact-labelled.js';
import { sqlTriggers } from './redact-sql.js';
import { redactText } from './redact-text.js';
import { secretNames } from './secret-names.js';
import { type SecretValue, secretValues, valuePatterns } from './value-patterns.js';

export interface RedactOptions {
  /** Names that are secret in this service, besides the built-in ones: `['nationalId']`. @defaultValue [] */
  readonly keys?: readonly string[];
  /** Names that are shown although a built-in rule calls them secret: `['cookieConsent']`. @defaultValue [] */
  readonly allow?: readonly string[];
  /** What is taken out wherever it stands, by its looks. Passwords in URLs always are. @defaultValue all of them */
  readonly values?: readonly SecretValue[];
  /** What is shown as a keyed hash instead, so that one user stays one user in the logs. @defaultValue none */
  readonly hash?: HashOptions;
  /** What stands where a secret was. @defaultValue '[redacted]' */
  readonly replacement?: string;
}

/** A redactor that the logger can ask name by name, while it writes a line. */
export interface LogRedactor extends Redactor, Discretion {}

const readOptions = optionsOf<RedactOptions>('redact', {
  keys: true,
  allow: true,
  values: true,
  hash: true,
  replacement: true,
});

/** For copies, which are data and not lines: wide enough for a request body, and still bounded. */
const copyLimits = { maxDepth: 32, maxKeys: 10_000, maxStringLength: 1_048_576, maxLineLength: 8_388_608 };

/**
 * Takes out the values of secret names, at any depth and in any spelling (`apiKey`, `X-API-Key`, `API_KEY`), in objects,
 * maps, header lists, query strings, form bodies, SQL, connection strings and JSON inside strings; passwords in URLs; tokens,
 * cards, keys and addresses that stand anywhere; SQL parameters; and every `Secret`. Booleans and null under a secret name stay.
 *
 * `redact` returns plain data, as JSON would hold it: dates are ISO strings, maps are objects, errors have name, message and
 * stack. Neither method throws or changes its input.
 *
 * @throws OptionsError for an unknown option.
 *
 * @example
 * const redactor = createRedactor({ keys: ['nationalId'] });
 * redactor.redact({ user: 'ada', password: 'x' });      // { user: 'ada', password: '[redacted]' }
 * redactor.redactText('GET /reset?token=abc&page=2');   // 'GET /reset?token=[redacted]&page=2'
 */
export function createRedactor(options: RedactOptions = {}): LogRedactor {
  const {
    keys = [],
    allow = [],
    values = secretValues,
    hash,
    replacement = '[redacted]',
  } = readOptions(options);
  if (typeof replacement !== 'string' || /[\s&;"'\\=@/:]/.test(replacement)) {
    throw invalidOption('redact', 'replacement', 'a text without blanks, quotes and any of & ; = @ / : \\');
  }
  for (const value of values) {
    if (!secretValues.includes(value))
      throw invalidOption('redact', 'values', `of ${secretValues.join(', ')}`);
  }
  const hashed = hash === undefined ? undefined : keyedHash(hash);
  const names = secretNames({ keys: [...keys, ...(hash?.keys ?? [])], allow });
  const patterns = valuePatterns(values, replacement, hash?.email === true ? hashed : undefined);
  const discretion: Discretion = {
    replacement,
    isSecret: (name) => names.has(name),
    redactText: (text) => patterns.redact(redactText(text, names, replacement)),
    hashed,
    triggers: [patterns.triggers, sqlTriggers, labelTrigger].filter((trigger) => trigger !== '').join('|'),
  };
  const writer = createJsonWriter(copyLimits, discretion);
  return {
    ...discretion,
    redact(value) {
      const json = writer.value(value, writer.begin(), 0);
      return json === undefined ? undefined : JSON.parse(json);
    },
  };
}
