import { Secret } from '@seaworthy/contracts';

const names = [
  ...[
    'password',
    'newPassword',
    'passwd',
    'passphrase',
    'token',
    'access_token',
    'refreshToken',
    'X-Auth-Token',
  ],
  ...['authorization', 'Proxy-Authorization', 'cookie', 'Set-Cookie', 'secret', 'clientSecret', 'JWT_SECRET'],
  ...[
    'apiKey',
    'x-api-key',
    'privateKey',
    'accessKeyId',
    'credentials',
    'sessionId',
    'jwt',
    'otp',
    'cvv',
    'cardNumber',
  ],
];

/** Every way in which something secret comes to a logger here. Each canary is used once. */
export function canaryCorpus(): {
  readonly canaries: readonly string[];
  readonly calls: ReadonlyArray<readonly unknown[]>;
} {
  const canaries: string[] = [];
  const canary = (): string => {
    const text = `canary-${String(canaries.length).padStart(3, '0')}`;
    canaries.push(text);
    return text;
  };
  const calls: Array<readonly unknown[]> = [];
  for (const name of names) {
    calls.push(['field', { [name]: canary() }]);
    calls.push(['deep', { request: { body: [{ user: { [name]: { inner: canary() } } }] } }]);
    calls.push([`GET /a?x=1&${name}=${canary()} HTTP/1.1`]);
    calls.push(['label', { yaml: `${name}: ${canary()}`, inspected: `{ ${name}: '${canary()}' }` }]);
    calls.push(['body', { body: `{"user":"ada","${name}":"${canary()}"}` }]);
  }
  calls.push(['headers', { headers: new Map([['authorization', `Bearer ${canary()}`]]) }]);
  calls.push(['headers', { rawHeaders: ['Authorization', `Bearer ${canary()}`] }]);
  calls.push(['entries', { headers: [['cookie', canary()]] }]);
  calls.push(['error', new Error(`connect postgres://app:${canary()}@db/kpi`)]);
  calls.push([
    'error',
    new Error('outer', { cause: Object.assign(new Error('inner'), { config: { token: canary() } }) }),
  ]);
  calls.push(['error', { err: new AggregateError([new Error(`failed: ?token=${canary()}`)], 'all') }]);
  calls.push(['sql', { error: new Error(`syntax error in "... password='${canary()}' ..."`) }]);
  calls.push(['secret', { key: new Secret('KEY', canary()), list: [new Secret('KEY', canary())] }]);
  calls.push([new Secret('KEY', canary())]);
  calls.push(['arguments', 1, { token: canary() }, [{ password: canary() }]]);
  // By their looks alone, wherever they stand.
  calls.push([`sent Bearer ${canary()}-12345 on`]);
  calls.push(['mail', { note: `write to ${canary()}@example.test or c/o ${canary()}%40example.test` }]);
  calls.push(['key', { pem: `-----BEGIN PRIVATE KEY-----\n${canary()}\n-----END PRIVATE KEY-----` }]);
  calls.push(['key', { lines: [`-----BEGIN EC PRIVATE KEY-----\\n${canary()}`] }]);
  calls.push(['jwt', { note: `eyJhbGciOiJIUzI1NiJ9.${canary()}.${canary()}` }]);
  calls.push([
    'sql',
    { sql: `update u set password = '${canary()}', name = 'x' where token = '${canary()}'` },
  ]);
  calls.push([
    'sql',
    Object.assign(new Error('duplicate'), { detail: `Key (api_key)=(${canary()}) already exists.` }),
  ]);
  calls.push(['sql', Object.assign(new Error('failed'), { parameters: [canary(), canary()] })]);
  calls.push(['headers', new Error(`GET / HTTP/1.1\r\nX-Api-Key: ${canary()}\r\nCookie: a=${canary()}\r\n`)]);
  calls.push(['headers', { body: `{"headers":[["cookie","${canary()}"]],"params":["${canary()}"]}` }]);
  calls.push([`ALTER USER app PASSWORD '${canary()}'`]);
  const failing = { detail: `Failing row contains (7, ada, ${canary()}).` };
  calls.push(['sql', Object.assign(new Error('violates not-null constraint'), failing)]);
  calls.push(['sql', new Error(`Duplicate entry '${canary()}' for key 'users.reset_token'`)]);
  calls.push([`insert into users (name, password) values ('ada', '${canary()}'), ('bob', '${canary()}')`]);
  const params = [canary()];
  calls.push(['sql', Object.assign(new Error(`Failed query: select $1\nparams: ${params}`), { params })]);
  const refused = { command: { name: 'auth', args: ['app', canary()] } };
  calls.push(['redis', Object.assign(new Error('WRONGPASS invalid username-password pair'), refused)]);
  calls.push([`GET /login?next=/cb?token=${canary()} and /login?next=%2Fcb%3Ftoken%3D${canary()}`]);
  const variables = encodeURIComponent(JSON.stringify({ password: canary() }));
  calls.push([`GET /graphql?variables=${variables} and /b?next=/b%FCcher%3Ftoken%3D${canary()}`]);
  calls.push([
    `GET /login?next=${encodeURIComponent(`%2Fcb%3Ftoken%3D${canary()}`)}&half=\ud800%26pin%3D${canary()}`,
  ]);
  calls.push([
    'url',
    Object.assign(new TypeError('Invalid URL'), { input: `postgres://u:pa/${canary()}@host/db` }),
  ]);
  calls.push([
    'sql',
    { sql: `update u set password = 'ab\\'${canary()}', pin = crypt('${canary()}', gen_salt('bf'))` },
  ]);
  calls.push([
    'sql',
    { sql: `where token in ('${canary()}') or lower(token) != N'${canary()}' or pin = $$${canary()}$$` },
  ]);
  calls.push([`ALTER USER app IDENTIFIED BY "${canary()}"`]);
  calls.push([`SET PASSWORD FOR 'j'@'localhost' = '${canary()}'`]);
  calls.push([`insert into u (note, token) values ('a\\', 'b)${canary()}')`]);
  calls.push(['body', { body: JSON.stringify({ sql: `where "token" = 'a\\'${canary()}'` }) }]);
  return { canaries, calls };
}
