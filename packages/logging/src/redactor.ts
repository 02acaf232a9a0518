import { invalidOption, optionsOf, type Redactor } from '@seaworthy/contracts';
import { createJsonWriter, type Discretion } from './json-writer.js';
import { redactText } from './redact-text.js';
import { secretNames } from './secret-names.js';

export interface RedactOptions {
  /** Names that are secret in this service, besides the built-in ones: `['nationalId']`. @defaultValue [] */
  readonly keys?: readonly string[];
  /** Names that are shown although a built-in rule calls them secret: `['cookieConsent']`. @defaultValue [] */
  readonly allow?: readonly string[];
  /** What stands where a secret was. @defaultValue '[redacted]' */
  readonly replacement?: string;
}

/** A redactor that the logger can ask name by name, while it writes a line. */
export interface LogRedactor extends Redactor, Discretion {}

const readOptions = optionsOf<RedactOptions>('redact', { keys: true, allow: true, replacement: true });

/** For copies, which are data and not lines: wide enough for a request body, and still bounded. */
const copyLimits = { maxDepth: 32, maxKeys: 10_000, maxStringLength: 1_048_576, maxLineLength: 8_388_608 };

/**
 * Takes out the values of secret names, at any depth and in any spelling (`apiKey`, `X-API-Key`, `API_KEY`), in objects,
 * maps, header lists, query strings, form bodies, connection strings and JSON inside strings; passwords in URLs; and every
 * `Secret`. Booleans and null under a secret name stay.
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
  const { keys = [], allow = [], replacement = '[redacted]' } = readOptions(options);
  if (typeof replacement !== 'string' || /[\s&;"'\\=@/:]/.test(replacement)) {
    throw invalidOption('redact', 'replacement', 'a text without blanks, quotes and any of & ; = @ / : \\');
  }
  const names = secretNames({ keys, allow });
  const discretion: Discretion = {
    replacement,
    isSecret: (name) => names.has(name),
    redactText: (text) => redactText(text, names, replacement),
    triggers: '',
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
