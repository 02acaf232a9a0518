/** A name that contains one of these is secret: `userPassword`, `x-api-key`, `Set-Cookie`, `DB_PASSWORD`. */
const telling = [
  'password',
  'passwd',
  'passphrase',
  'secret',
  'authorization',
  'cookie',
  'apikey',
  'privatekey',
  'accesskey',
  'encryptionkey',
  'signingkey',
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
  'cvv',
  'cvc',
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

/** Names that mean a secret in a URL and something harmless elsewhere: OAuth's `code`, a signed URL's `sig`. */
const inQueries = ['code', 'key', 'sig', 'signature'];

/** Lists of what was put into a statement's places, as drivers and ORMs attach them to errors. */
const sqlParameters: ReadonlySet<string> = new Set(['parameters', 'params', 'bindings', 'sqlParameters']);

/** Whether a list of this name holds the values of a statement, which no name tells from secrets. */
export function isParameterList(name: string): boolean {
  return sqlParameters.has(name);
}

/** Decides by its name whether a value is secret; case, `-`, `_`, `.` and blanks do not count. */
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
  const queryOnly = new Set(inQueries);

  function isSecret(name: string): boolean {
    if (shown.has(name)) return false;
    if (whole.has(name) || /tokens?$/.test(name)) return true;
    return telling.some((part) => name.includes(part));
  }

  return {
    has: keepingAnswers((name) => isSecret(normalise(name))),
    hasInQuery: keepingAnswers((name) => {
      const plain = normalise(name);
      return isSecret(plain) || (queryOnly.has(plain) && !shown.has(plain));
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

function normalise(name: string): string {
  // A key of a megabyte costs no more than its beginning.
  return name
    .slice(0, 256)
    .toLowerCase()
    .replace(/[-_.\s]/g, '');
}
