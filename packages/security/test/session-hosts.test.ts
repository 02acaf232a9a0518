import { request as rawHttp } from 'node:http';
import { describeHttpContract, describeWith, type SharedRedis, sharedRedis } from '@seaworthy/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSessions, redisSessionStore, type Sessions } from '../src/sessions/index.js';
import { type Basket, Browser, cacheable, sessionMount } from './session-mount.js';

const keys = ['a-key-of-the-sessions-0123456789abcdef'];
const cookieShape = '__Host-session=1\\.[\\w-]{22}\\.[\\w-]{43}\\.[\\w-]{43}';

let shared: SharedRedis;
let redis: Redis;

const newSessions = (): Sessions<Basket> =>
  createSessions<Basket>({ store: redisSessionStore(redis, { prefix: 'hosts', deadlineMs: 10_000 }), keys });
const sessionKeys = (): Promise<string[]> => redis.keys('hosts:session:*');

describeWith(['redis'], 'with Redis', () => {
  beforeAll(async () => {
    shared = await sharedRedis();
    redis = new Redis(shared.url);
  });
  afterAll(() => redis.quit());

  describeHttpContract('sessions', (host) => {
    test('[row 40] the cookie is exact: __Host-, HttpOnly, Secure, SameSite, for the lifetime; and taken away as exactly', async () => {
      await shared.flush();
      await using service = await host.serve(sessionMount(newSessions()));
      const browser = new Browser();
      const [set = ''] = (await browser.ask('POST', `${service.url}/login/ada`)).headers.getSetCookie();
      expect(set).toMatch(
        new RegExp(`^${cookieShape}; Max-Age=43200; Path=/; HttpOnly; Secure; SameSite=Lax$`),
      );
      const gone = (await browser.ask('POST', `${service.url}/logout`)).headers.getSetCookie();
      expect(gone).toEqual(['__Host-session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax']);
    });

    test('the id changes at every login, and the one before is worth nothing to whoever planted it', async () => {
      await shared.flush();
      await using service = await host.serve(sessionMount(newSessions()));
      const browser = new Browser();
      await browser.ask('POST', `${service.url}/items/boat`); // a session of nobody, whose cookie an attacker may know
      const planted = browser.cookie;
      expect(planted).toMatch(new RegExp(`^${cookieShape}$`));
      await browser.ask('POST', `${service.url}/login/ada`);
      const first = browser.cookie;
      await browser.ask('POST', `${service.url}/login/ada`);
      expect(new Set([planted, first, browser.cookie]).size).toBe(3);
      const userWith = async (cookie: string): Promise<unknown> =>
        (await fetch(`${service.url}/me`, { headers: { cookie } })).json();
      expect(await userWith(planted)).toEqual({ user: null });
      expect(await userWith(first)).toEqual({ user: null });
      expect(await userWith(browser.cookie)).toEqual({ user: 'ada' }); // nothing taken over from before
      expect(await sessionKeys()).toHaveLength(1);
    });

    test('logout deletes the key, and the cookie that somebody kept is worth nothing', async () => {
      await shared.flush();
      await using service = await host.serve(sessionMount(newSessions()));
      const browser = new Browser();
      await browser.ask('POST', `${service.url}/login/ada`);
      const kept = browser.cookie;
      expect(await sessionKeys()).toHaveLength(1);
      await browser.ask('POST', `${service.url}/logout`);
      expect([await sessionKeys(), browser.cookie]).toEqual([[], '']);
      const answer = await fetch(`${service.url}/me`, { headers: { cookie: kept } });
      expect(await answer.json()).toEqual({ user: null });
    });

    test('an answer with a cookie is never one that caches keep; an answer without one is left alone', async () => {
      await shared.flush();
      await using service = await host.serve(sessionMount(newSessions()));
      const browser = new Browser();
      const login = await browser.ask('POST', `${service.url}/login/ada`);
      expect([login.status, await login.json()]).toEqual([200, { ok: true }]);
      expect(login.headers.get('cache-control')).toBe('no-store');
      const kept = Object.keys(cacheable).filter((name) => login.headers.has(name));
      expect(kept).toEqual(['cache-control']);
      expect(login.headers.getSetCookie()).toHaveLength(1);
      const me = await browser.ask('GET', `${service.url}/me`);
      expect(me.headers.get('cache-control')).toBe('private, max-age=5');
      expect(me.headers.getSetCookie()).toEqual([]); // use slides the end in the store, not in the browser
      expect(await me.json()).toEqual({ user: 'ada' });
    });

    test('writes of parallel requests are all kept', async () => {
      await shared.flush();
      await using service = await host.serve(sessionMount(newSessions()));
      const browser = new Browser();
      await browser.ask('POST', `${service.url}/login/ada`);
      const words = ['a', 'b', 'c', 'd'];
      const answers = await Promise.all(
        words.map((word) => browser.ask('POST', `${service.url}/items/${word}`)),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      const me: unknown = await (await browser.ask('GET', `${service.url}/me`)).json();
      const all = expect.arrayContaining(words);
      expect(me).toEqual({ user: 'ada', items: all });
      expect(me).toMatchObject({ items: { length: words.length } });
    });

    test('a cookie header of nonsense is nobody, and no error', async () => {
      await using service = await host.serve(sessionMount(newSessions()));
      for (const cookie of [
        '__Host-session=',
        '__Host-session=1.a.b.c',
        '__Host-session="; =; ;;;',
        '=__Host-session',
        `__Host-session=1.${'a'.repeat(22)}.${'b'.repeat(43)}.${'c'.repeat(43)}`,
        '__Host-session=%E0%A4%A; x=%',
        '__proto__=1; constructor=2; __Host-session=__proto__',
      ]) {
        const answer = await new Promise<number | undefined>((resolve, reject) => {
          rawHttp(`${service.url}/me`, { headers: { cookie } }, (response) => {
            response.resume().on('end', () => resolve(response.statusCode));
          })
            .on('error', reject)
            .end();
        });
        expect([cookie, answer]).toEqual([cookie, 200]);
      }
    });
  });
});
