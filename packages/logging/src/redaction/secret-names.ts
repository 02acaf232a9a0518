/** A name that contains one of these is secret: `userPassword`, `x-api-key`, `Set-Cookie`, `DB_PASSWORD`. */
const telling = [
  'password',
  'passwd',
  'passphrase',
  'passcode',
  'secret',
  'authorization',
  'cookie',
  'apikey',
  'privatekey',
  'accesskey',
  'encryptionkey',
  'signingkey',
  'sessionkey',
  'masterkey',
  'sharedkey',
  'accountkey',
  'subscriptionkey',
  'hmackey',
  'verificationcode',
  'recoverycode',
  'securitycode',
  'otpcode',
  'codeverifier',
  'devicecode',
  'credential',
  'connectionstring',
  'sessionid',
  'sessid',
  'csrf',
  'xsrf',
];

/** Too common inside other words to be searched for. `rawHeaders` is Node's flat list, in which no name is a key. */
const exact = [
  'pwd',
  'pass',
  'pin',
  'otp',
  'totp',
  'cvv',
  'cvv2',
  'cvc',
  'cvc2',
  'ssn',
  'sid',
  'connectsid',
  'jwt',
  'auth',
  'bearer',
  'cardnumber',
  'creditcard',
  'dsn',
  'databaseurl',
  'redisurl',
  'rawheaders',
];

/** A name is secret whose last word is one of these: `DB_PASS`, `cardPin`, `user[otp]`, `REDIS_AUTH`. */
const lastWords: ReadonlySet<string> = new Set([
  ...['pass', 'pin', 'otp', 'totp', 'cvv', 'cvc', 'ssn', 'jwt', 'auth', 'dsn'],
]);

/** `accessToken`, `tokens`, `token_v2`, `tokenHash`; `tokenCount` is none. */
const tokenName = /tokens?(?:v?\d{1,3}|value|string|hash|raw|old|new)?$/;

/** As usernames of accounts run into their password's name: `dbpass`, `smtppwd`. */
const passName = /pwd$|(?:db|user|admin|root|smtp|imap|mail|ftp|ldap|proxy|redis)pass$/;

/** Names that mean a secret in a URL and something harmless elsewhere: OAuth's `code`, a signed URL's `sig` and `X-Amz-Signature`. */
const inQueries = /^(?:code|key|sig|hmac|samlresponse)$|signature$/;

/** Lists of what was put into a statement's places, as drivers and ORMs attach them to errors. */
const sqlParameters: ReadonlySet<string> = new Set(['parameters', 'params', 'bindings', 'sqlParameters']);

/** Whether a list of this name holds the values of a statement, which no name tells from secrets. */
export function isParameterList(name: string): boolean {
  return sqlParameters.has(name);
}

/** Decides by its name whether a value is secret; case, `-`, `_`, `.`, brackets and blanks do not count. */
export interface SecretNames {
  has(name: string): boolean;
  /** The stricter answer for a parameter of a URL. */
  hasInQuery(name: string): boolean;
}

export interface SecretNamesOptions {
  /** Further names, compared whole. */
  readonly keys: readonly string[];
  /** Names that are shown although a rule matches, compared whole. */
  readonly allow: readonly string[];
}

/** So many names of parameters and members are remembered. */
const remembered = 1_000;

/** The names' rule. */
export function secretNames({ keys, allow }: SecretNamesOptions): SecretNames {
  const whole = new Set([...exact, ...keys.map(normalise)]);
  const shown = new Set(allow.map(normalise));

  /** Of `user[card][pin]` and `user.card.pin` the last part counts, and the whole. */
  function isSecret(name: string): boolean {
    const plain = normalise(name);
    if (shown.has(plain)) return false;
    const parts = name.split(/[.[\]]+/).filter((part) => /\D/.test(part));
    const last = parts.pop() ?? '';
    if (parts.length === 0) return tells(plain, last);
    const lastPlain = normalise(last);
    if (shown.has(lastPlain)) return tells(normalise(parts.join('.')), '');
    return tells(lastPlain, last) || tells(plain, '');
  }

  function tells(plain: string, name: string): boolean {
    if (whole.has(plain) || tokenName.test(plain) || passName.test(plain)) return true;
    if (telling.some((part) => plain.includes(part))) return true;
    const [word = ''] = /(?:[A-Z]?[a-z]+|[A-Z]+)\d{0,2}$/.exec(name) ?? [];
    return lastWords.has(word.toLowerCase().replace(/\d+$/, ''));
  }

  return {
    has: keepingAnswers((name) => isSecret(bounded(name))),
    hasInQuery: keepingAnswers((name) => {
      const plain = normalise(name);
      return isSecret(bounded(name)) || (inQueries.test(plain) && !shown.has(plain));
    }),
  };
}

function keepingAnswers(ask: (name: string) => boolean): (name: string) => boolean {
  const answers = new Map<string, boolean>();
  return (name) => {
    let answer = answers.get(name);
    if (answer === undefined) {
      answer = ask(name);
      if (name.length <= 64 && answers.size < remembered) answers.set(name, answer);
    }
    return answer;
  };
}

/** A name of a megabyte costs no more than its ends. */
function bounded(name: string): string {
  return name.length <= 256 ? name : `${name.slice(0, 192)}.${name.slice(-64)}`;
}

function normalise(name: string): string {
  return bounded(name)
    .toLowerCase()
    .replace(/[-_.\s[\]$]/g, '');
}
