import { describeHttpContract, rawRequest } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { clientIp, createSecurity } from '../src/index.js';
import { mountOf } from './host-mount.js';
import { viewOf } from './view.js';

describeHttpContract('the redirect to https', (host) => {
  test('[row 21] is a 301 over plain HTTP; a trusted proxy alone may say that it was https, and health paths answer', async () => {
    const trusting = createSecurity({ httpsRedirect: true, clientIp: clientIp({ trust: ['loopback'] }) });
    const alone = createSecurity({ httpsRedirect: true });
    await using behind = await host.serve(mountOf(trusting));
    await using front = await host.serve(mountOf(alone));
    const ask = async (
      url: string,
      headers: Record<string, string> = {},
    ): Promise<readonly [number, string | null]> => {
      const answer = await fetch(url, { redirect: 'manual', headers });
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      return [answer.status, answer.headers.get('location')];
    };
    const https = { 'x-forwarded-proto': 'https' };
    const target = '/users/7?sort=name&next=%2Fa';
    const elsewhere = [301, `https://127.0.0.1${target}`];
    expect(await ask(front.url + target)).toEqual(elsewhere);
    expect(await ask(front.url + target, https)).toEqual(elsewhere); // said by a client
    expect(await ask(behind.url + target)).toEqual(elsewhere);
    expect(await ask(behind.url + target, { 'x-forwarded-proto': 'https, http' })).toEqual(elsewhere); // the last is what the proxy saw
    expect(await ask(behind.url + target, https)).toEqual([200, null]);
    for (const path of ['/livez', '/readyz', '/startupz', '/health']) {
      expect([path, ...(await ask(front.url + path))]).toEqual([path, 404, null]); // the host has no such route
    }
  });

  test('sends nobody to where a Host or a target would like', async () => {
    const security = createSecurity({ httpsRedirect: { hosts: ['Shop.example', '[::1]'] } });
    await using service = await host.serve(mountOf(security));
    const ask = async (target: string, name: string) => {
      const text = `GET ${target} HTTP/1.1\nHost: ${name}\nConnection: close\n\n`;
      const answer = await rawRequest({ port: service.port, text });
      return [answer.status, ...answer.header('location')];
    };
    expect(await ask('//evil.example/a', 'shop.example:8080')).toEqual([
      301,
      'https://shop.example//evil.example/a',
    ]);
    expect(await ask('http://evil.example/a', 'shop.example')).toEqual([301, 'https://shop.example/a']);
    expect(await ask('/a', 'SHOP.example.:80')).toEqual([301, 'https://shop.example/a']);
    expect(await ask('/a', '[::1]:80')).toEqual([301, 'https://[::1]/a']);
    for (const name of ['evil.example', 'shop.example.evil.example', 'evil-shop.example', '192.0.2.1']) {
      expect([name, ...(await ask('/a', name))]).toEqual([name, 400]);
    }
    for (const name of ['evil.example/a', 'user@evil.example', 'shop.example#', '', '..', 'shop.example/a']) {
      expect([name, ...(await ask('/a', name))]).toEqual([name, 400]);
    }
  });
});

test('goes to the name that the client asked for where no other is named, if it is one', async () => {
  const security = createSecurity({ httpsRedirect: true });
  const to = async (host: string) => {
    const { headers, verdict } = await security.decide(viewOf({ url: '/a', host }));
    return Object.fromEntries(headers).Location ?? verdict;
  };
  expect(await to('other.example:8080')).toBe('https://other.example/a');
  for (const host of ['other.example/a', 'user@other.example', 'other.example#', '', '..']) {
    expect(await to(host)).toMatchObject({ kind: 'deny', status: 400, code: 'INVALID_HOST' });
  }
});

test('goes to the host that is named, with the status that is asked for', async () => {
  const security = createSecurity({
    httpsRedirect: { host: 'www.example.com:8443', status: 308, except: ['/ping'] },
  });
  const at = async (url: string) => security.decide(viewOf({ url, host: 'evil.example' }));
  const { headers, verdict } = await at('/a?b');
  expect(verdict).toMatchObject({ kind: 'redirect', status: 308 });
  expect(Object.fromEntries(headers)).toMatchObject({ Location: 'https://www.example.com:8443/a?b' });
  expect((await at('/ping')).verdict.kind).toBe('pass');
  expect((await at('/livez')).verdict.kind).toBe('redirect');
});

test('refuses a host that is none', () => {
  for (const host of ['https://a', 'a/b', 'a b', '']) {
    expect(() => createSecurity({ httpsRedirect: { host } })).toThrow(/host/);
    expect(() => createSecurity({ httpsRedirect: { hosts: ['b', host] } })).toThrow(/hosts/);
  }
  expect(() => createSecurity({ httpsRedirect: { hosts: [] } })).toThrow(/hosts/);
  expect(() => createSecurity({ httpsRedirect: { hosts: ['a:80'] } })).toThrow(/hosts/);
  expect(() => createSecurity({ httpsRedirect: { host: 'a', hosts: ['a'] } })).toThrow(/hosts/);
});
