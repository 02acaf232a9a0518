import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * The canonical form of an address as sockets and proxies write it, or `undefined` when it is none.
 *
 * Quotes, brackets, a port and a zone id are taken off; IPv4-mapped IPv6 in every notation becomes IPv4. Octal, hex and
 * shortened IPv4 are refused, because two readers take them for two hosts.
 */
export function parseAddress(input: string): string | undefined {
  if (isIPv4(input)) return input;
  const text = bare(input);
  if (isIPv4(text)) return text;
  if (!isIPv6(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String();
}

/** What to count a canonical address by: IPv4 itself, IPv6 by its network of `prefixLength` bits. */
export function networkKey(ip: string, prefixLength: number): string {
  if (isIPv4(ip)) return ip;
  const parts = ipaddr.IPv6.parse(ip).parts.map((part, index) => {
    const keep = Math.min(Math.max(prefixLength - index * 16, 0), 16);
    return part & ((0xffff << (16 - keep)) & 0xffff);
  });
  return `${new ipaddr.IPv6(parts).toRFC5952String()}/${prefixLength}`;
}

function bare(input: string): string {
  let text = input.trim();
  if (text.startsWith('"') && text.endsWith('"') && text.length > 1) text = text.slice(1, -1);
  if (text.startsWith('[')) {
    const match = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text);
    text = match?.[1] ?? '';
  } else {
    const port = /^([^:]+):\d{1,5}$/.exec(text); // one colon only: IPv6 without brackets cannot carry a port
    text = port?.[1] ?? text;
  }
  const zone = text.indexOf('%');
  return zone === -1 ? text : text.slice(0, zone);
}
