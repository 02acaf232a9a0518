import { isIP } from 'node:net';
import { invalidOption, wholeNumber } from '@seaworthy/contracts';
import ipaddr from 'ipaddr.js';

/** Whether the proxy at `ip`, `hop` steps from our socket, may tell us who it speaks for. */
export type Trusts = (ip: string | undefined, hop: number) => boolean;

const owner = 'clientIp';

const named: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** No proxy farm is wider, and a wider range is `trust everybody` in disguise. */
const widest = { ipv4: 8, ipv6: 7 } as const;

/** Compiles addresses, CIDR ranges and the names `loopback`, `linklocal`, `uniquelocal`, or a number of hops. */
export function compileTrust(trust: readonly string[] | number): Trusts {
  if (typeof trust === 'number') {
    const hops = wholeNumber(owner, 'trust', trust, { min: 0, max: 16 });
    return (_ip, hop) => hop < hops;
  }
  if (!Array.isArray(trust)) {
    throw invalidOption(
      owner,
      'trust',
      'a list of CIDR ranges or a number of hops (trusting every proxy lets anyone choose an address)',
    );
  }
  const ranges = trust.flatMap((entry: string) => named[entry] ?? [entry]).map(parseRange);
  return (ip) => {
    if (ip === undefined) return false;
    const address = ipaddr.parse(ip);
    return ranges.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    );
  };
}

function parseRange(entry: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const [text = '', length, ...rest] = typeof entry === 'string' ? entry.split('/') : [];
  const whole = isIP(text) === 6 ? 128 : 32;
  const bits = length === undefined ? whole : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (isIP(text) === 0 || rest.length > 0 || !(bits <= whole)) {
    throw invalidOption(
      owner,
      'trust',
      `made of addresses, CIDR ranges and the names ${Object.keys(named).join(', ')}`,
    );
  }
  const address = ipaddr.parse(text);
  const mapped = 'parts' in address && address.isIPv4MappedAddress();
  const range: [ipaddr.IPv4 | ipaddr.IPv6, number] = mapped
    ? [address.toIPv4Address(), bits - 96]
    : [address, bits];
  if (range[1] >= widest[range[0].kind()]) return range;
  throw invalidOption(owner, 'trust', 'made of ranges no wider than /8 (IPv4) and /7 (IPv6)');
}
