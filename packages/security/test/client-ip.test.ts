import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAddress } from '../src/client-ip/address.js';
import { type ClientIpOptions, clientIp } from '../src/index.js';
import { viewOf } from './view.js';

const find = (options: ClientIpOptions, peer: string | undefined, headers: Record<string, string> = {}) =>
  clientIp(options)(viewOf({ peer, headers }));

const octet = fc.integer({ min: 0, max: 255 });
const v4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
/** Neither a proxy of the tests nor mapped nor zero-led: an address that is its own canonical form's source. */
const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
const hex = (parts: readonly number[]): string => parts.map((part) => part.toString(16)).join(':');
const padded = (parts: readonly number[]): string =>
  parts.map((part) => part.toString(16).padStart(4, '0').toUpperCase()).join(':');

describe('an address', () => {
  test('is the same in every notation of IPv4-mapped IPv6', () => {
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), (octets) => {
        const plain = octets.join('.');
        const [a, b, c, d] = octets;
        const high = ((a << 8) | b).toString(16);
        const low = ((c << 8) | d).toString(16);
        const forms = [
          plain,
          `::ffff:${plain}`,
          `::FFFF:${plain}`,
          `0:0:0:0:0:ffff:${plain}`,
          `::ffff:${high}:${low}`,
          `0000:0000:0000:0000:0000:ffff:${high.padStart(4, '0')}:${low.padStart(4, '0')}`,
          `[::ffff:${plain}]:8080`,
          `"[::ffff:${high}:${low}]:443"`,
          `${plain}:51234`,
          `::ffff:${plain}%eth0`,
          ` ${plain} `,
        ];
        for (const form of forms) expect([form, parseAddress(form)]).toEqual([form, plain]);
      }),
    );
  });

  test('is the same in every notation of IPv6, with zone, brackets and port taken off', () => {
    fc.assert(
      fc.property(groups, (parts) => {
        const canonical = parseAddress(hex(parts));
        expect(canonical).toBeDefined();
        for (const form of [
          padded(parts),
          `[${hex(parts)}]`,
          `[${padded(parts)}]:443`,
          `${hex(parts)}%eth0`,
        ]) {
          expect([form, parseAddress(form)]).toEqual([form, canonical]);
        }
        expect(parseAddress(canonical ?? '')).toBe(canonical);
      }),
    );
  });

  test.each([
    '',
    'unknown',
    '_hidden',
    '1.2.3',
    '0x7f.0.0.1',
    '010.0.0.1',
    '1.2.3.4.5',
    '256.1.1.1',
    '2130706433',
    '::g',
    '[::1',
    '1.2.3.4:999999',
    'localhost',
    '1.2.3.4, 5.6.7.8',
  ])('is none where readers disagree or nobody reads it: %j', (text) =>
    expect(parseAddress(text)).toBeUndefined(),
  );

  test('never throws, whatever a proxy writes', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary-ascii' }), (text) => void parseAddress(text)));
  });
});

describe('the key of a client', () => {
  test('is one for a whole IPv6 /64, and differs between two', () => {
    fc.assert(
      fc.property(groups, groups, (one, other) => {
        fc.pre(one[0] !== 0);
        const sameNetwork = [...one.slice(0, 4), ...other.slice(4)];
        const otherNetwork = [...one.slice(0, 3), (one[3] ?? 0) ^ 1, ...one.slice(4)];
        const key = (parts: readonly number[]): string => find({ trust: [] }, hex(parts)).key;
        expect(key(sameNetwork)).toBe(key(one));
        expect(key(one)).toMatch(/\/64$/);
        expect(key(otherNetwork)).not.toBe(key(one));
      }),
    );
  });

  test('follows ipv6PrefixLength down to the single bit', () => {
    const key = (ip: string, ipv6PrefixLength: number): string =>
      find({ trust: [], ipv6PrefixLength }, ip).key;
    expect(key('2001:db8:aaaa:bbff::1', 56)).toBe('2001:db8:aaaa:bb00::/56');
    expect(key('2001:db8:aaaa:bbff::1', 57)).toBe('2001:db8:aaaa:bb80::/57');
    expect(key('2001:db8::1', 128)).toBe('2001:db8::1/128');
  });

  test('is the address itself for IPv4, and one bucket for sockets that are gone', () => {
    expect(find({ trust: [] }, '::ffff:198.51.100.9')).toMatchObject({
      ip: '198.51.100.9',
      key: '198.51.100.9',
    });
    expect(find({ trust: [] }, undefined)).toMatchObject({ ip: 'unknown', key: 'unknown' });
  });
});

describe('the client', () => {
  const trust = ['10.0.0.0/8', '2001:db8:ffff::/48'];

  test('is the peer when the peer is no trusted proxy, whatever the headers say', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.constantFrom('x-forwarded-for', 'forwarded', 'x-real-ip'),
        (value, proto, header) => {
          const headers = { [header]: value, 'x-forwarded-proto': proto };
          const found = find({ trust, header: 'x-forwarded-for' }, '203.0.113.5', headers);
          expect(found).toEqual({ ip: '203.0.113.5', key: '203.0.113.5', secure: false, viaProxy: false });
        },
      ),
    );
  });

  test('is what the trusted proxy appended: no header that a client forges moves it to another bucket', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(v4, fc.string())), v4, (forged, real) => {
        fc.pre(!real.startsWith('10.'));
        const header = [...forged, real].join(', ');
        expect(find({ trust }, '10.1.2.3', { 'x-forwarded-for': header }).ip).toBe(real);
      }),
    );
  });

  test('is found through several trusted proxies, mapped and with ports', () => {
    const header = '6.6.6.6, 203.0.113.9:4711, ::ffff:10.9.9.9, [2001:db8:ffff::1]:80';
    expect(find({ trust }, '::ffff:10.1.2.3', { 'x-forwarded-for': header }).ip).toBe('203.0.113.9');
  });

  test('is the proxy that wrote something unreadable, not what stands before it', () => {
    for (const header of [
      '203.0.113.9, unknown',
      '203.0.113.9, ',
      '203.0.113.9,,',
      '203.0.113.9, 010.0.0.1',
    ]) {
      expect([header, find({ trust }, '10.1.2.3', { 'x-forwarded-for': header }).ip]).toEqual([
        header,
        '10.1.2.3',
      ]);
    }
  });

  test('is the outermost trusted address when everybody on the way is trusted', () => {
    expect(find({ trust }, '10.1.2.3', { 'x-forwarded-for': '10.7.7.7, 10.8.8.8' }).ip).toBe('10.7.7.7');
    expect(find({ trust }, '10.1.2.3').ip).toBe('10.1.2.3');
  });

  test('is counted in hops: the second from our side with two', () => {
    const headers = { 'x-forwarded-for': '6.6.6.6, 203.0.113.9, 198.51.100.2' };
    expect(find({ trust: 0 }, '192.0.2.1', headers).ip).toBe('192.0.2.1');
    expect(find({ trust: 1 }, '192.0.2.1', headers).ip).toBe('198.51.100.2');
    expect(find({ trust: 2 }, '192.0.2.1', headers).ip).toBe('203.0.113.9');
    expect(find({ trust: 1 }, undefined, headers).ip).toBe('198.51.100.2');
  });

  test('is read from Forwarded, quoted and bracketed, and from X-Real-IP, each only when it is the named header', () => {
    const headers = {
      'x-forwarded-for': '6.6.6.6',
      forwarded: 'for=6.6.6.7;proto=http, for="[2001:db8:cafe::17]:4711";by=10.0.0.1;PROTO=https',
      'x-real-ip': '203.0.113.44',
    };
    expect(find({ trust, header: 'forwarded' }, '10.1.2.3', headers)).toMatchObject({
      ip: '2001:db8:cafe::17',
      secure: true,
    });
    expect(find({ trust, header: 'x-real-ip' }, '10.1.2.3', headers).ip).toBe('203.0.113.44');
    expect(find({ trust }, '10.1.2.3', headers).ip).toBe('6.6.6.6');
  });

  test('is what the trusted proxy appended to a Forwarded, whatever was forged before it', () => {
    const junk = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('"', '\\', ',', ';', '=', ' ', 'for', 'proto', '6.6.6.6') }),
      fc.constantFrom(
        '"',
        'for=1.2.3.4;for=5.6.7.8',
        '',
        ', ',
        'x',
        'for="',
        'for=6.6.6.6;by="\\',
        'for=6.6.6.6',
      ),
    );
    const written = fc.constantFrom(
      (ip: string) => `for=${ip};proto=https`,
      (ip: string) => `for="${ip}:4711";PROTO=https;by="a, \\"for=6.6.6.6"`,
      (ip: string) => `by=10.0.0.1;proto="https"; for="${ip}";`,
    );
    fc.assert(
      fc.property(fc.array(junk), v4, written, fc.boolean(), (forged, real, proxy, far) => {
        fc.pre(!real.startsWith('10.'));
        const elements = [...forged, proxy(real), ...(far ? [proxy('10.9.9.9')] : [])];
        const found = find({ trust, header: 'forwarded' }, '10.1.2.3', { forwarded: elements.join(', ') });
        expect(found).toMatchObject({ ip: real, secure: true, viaProxy: true });
      }),
    );
  });

  test('is the nearest proxy that is known when a Forwarded cannot be read further', () => {
    const forwarded = 'for=6.6.6.6, for=203.0.113.9;for=6.6.6.7, for=10.9.9.9;proto=https';
    expect(find({ trust, header: 'forwarded' }, '10.1.2.3', { forwarded }).ip).toBe('10.9.9.9');
  });

  test('is found in a Forwarded of any form in time that grows with its length alone', () => {
    for (const part of [',', '"', '\\', '"\\', ',"', ';', 'a=b;', 'a="', ' ']) {
      const forwarded = `${part.repeat(400_000 / part.length)}, for=203.0.113.9`;
      expect(find({ trust, header: 'forwarded' }, '10.1.2.3', { forwarded }).ip).toBe('203.0.113.9');
    }
  });

  test.each([
    'for=1.2.3.4;for=5.6.7.8',
    'for="1.2.3.4',
    'for',
    'for=1.2.3.4 for=5.6.7.8',
    '=',
    'for=@',
    'for=1.2.3.4,',
    'for=1.2.3.4"',
  ])('is the proxy when its Forwarded is malformed: %j', (forwarded) =>
    expect(find({ trust, header: 'forwarded' }, '10.1.2.3', { forwarded }).ip).toBe('10.1.2.3'),
  );

  test('is secure when the nearest trusted proxy says so, not when a client does', () => {
    const secure = (peer: string, proto: string): boolean =>
      find({ trust }, peer, { 'x-forwarded-proto': proto }).secure;
    expect(secure('10.1.2.3', 'https')).toBe(true);
    expect(secure('10.1.2.3', 'https, http')).toBe(false);
    expect(secure('203.0.113.5', 'https')).toBe(false);
    expect(clientIp({ trust: [] })(viewOf({ encrypted: true })).secure).toBe(true);
  });

  test('understands the names of private ranges', () => {
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    for (const [name, peer] of [
      ['loopback', '::1'],
      ['loopback', '::ffff:127.0.0.1'],
      ['uniquelocal', '172.31.0.1'],
      ['linklocal', 'fe80::1%eth0'],
    ] as const) {
      expect([name, find({ trust: [name] }, peer, headers).ip]).toEqual([name, '203.0.113.9']);
    }
    expect(find({ trust: ['::ffff:10.0.0.0/104'] }, '10.1.2.3', headers).ip).toBe('203.0.113.9');
    expect(find({ trust: ['loopback'] }, '172.31.0.1', headers).ip).toBe('172.31.0.1');
  });
});

test('a finder that has seen thousands of peers still tells them apart', () => {
  const finder = clientIp({ trust: ['10.0.0.0/16'] });
  const headers = { 'x-forwarded-for': '203.0.113.9' };
  for (let round = 0; round < 2; round += 1) {
    for (let peer = 0; peer < 3_000; peer += 1) {
      const [trusted, other] = [`10.0.${peer >> 8}.${peer & 255}`, `10.1.${peer >> 8}.${peer & 255}`];
      expect(finder(viewOf({ peer: trusted, headers })).ip).toBe('203.0.113.9');
      expect(finder(viewOf({ peer: other, headers })).ip).toBe(other);
    }
  }
});

describe('clientIp', () => {
  test.each([
    ['0.0.0.0/0', 'no wider than /8'],
    ['0.0.0.0/1', 'no wider than /8'],
    ['::/0', 'no wider than /8 (IPv4) and /7'],
    ['::ffff:0.0.0.0/96', 'no wider than /8'],
    ['10/8', 'CIDR ranges'],
    ['10.0.0.0/33', 'CIDR ranges'],
    ['10.0.0.0/8/8', 'CIDR ranges'],
    ['proxy.internal', 'CIDR ranges'],
    ['', 'CIDR ranges'],
  ])('refuses the range %j', (range, says) => {
    expect(() => clientIp({ trust: [range] })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(says) }),
    );
  });

  test('refuses to trust everybody, in types and at run time', () => {
    // @ts-expect-error true cannot be said
    expect(() => clientIp({ trust: true })).toThrow(/lets anyone choose an address/);
    // @ts-expect-error a misspelt option
    expect(() => clientIp({ trust: [], ipv6PrefixLenght: 64 })).toThrow(/Did you mean "ipv6PrefixLength"/);
    expect(() => clientIp({ trust: 1.5 })).toThrow(/whole number/);
    expect(() => clientIp({ trust: [], ipv6PrefixLength: 16 })).toThrow(/from 32 to 128/);
  });
});
