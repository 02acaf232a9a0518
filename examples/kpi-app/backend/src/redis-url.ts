import { Secret } from '@seaworthy/contracts';

/** How to reach Redis, as the environment has it: one URL, or a URL and its parts. */
export interface RedisVariables {
  readonly REDIS_URL: Secret | undefined;
  readonly REDIS_USERNAME: string | undefined;
  readonly REDIS_PASSWORD: Secret | undefined;
  /** 0 is what Redis takes by itself, so it contradicts nothing. */
  readonly REDIS_DB: number;
}

/** Whether no part is said twice in different words: nobody could tell which of them holds. */
export function agreesWithUrl({
  REDIS_URL,
  REDIS_USERNAME,
  REDIS_PASSWORD,
  REDIS_DB,
}: RedisVariables): boolean {
  if (REDIS_URL === undefined) return true;
  const { username, password, pathname } = new URL(REDIS_URL.reveal());
  const user =
    username === '' || REDIS_USERNAME === undefined || decodeURIComponent(username) === REDIS_USERNAME;
  const word =
    password === '' || REDIS_PASSWORD === undefined || REDIS_PASSWORD.equals(decodeURIComponent(password));
  const database = pathname.length <= 1 || REDIS_DB === 0 || pathname === `/${REDIS_DB}`;
  return user && word && database;
}

/** One URL of all of them, for the client. */
export function redisUrl(variables: RedisVariables): Secret | undefined {
  const { REDIS_URL, REDIS_USERNAME, REDIS_PASSWORD, REDIS_DB } = variables;
  if (REDIS_URL === undefined) return undefined;
  const url = new URL(REDIS_URL.reveal());
  if (url.username === '' && REDIS_USERNAME !== undefined) url.username = encodeURIComponent(REDIS_USERNAME);
  if (url.password === '' && REDIS_PASSWORD !== undefined) {
    url.password = encodeURIComponent(REDIS_PASSWORD.reveal());
  }
  if (url.pathname.length <= 1 && REDIS_DB !== 0) url.pathname = `/${REDIS_DB}`;
  return new Secret('REDIS_URL', url.href);
}
