import { invalidOption, optionsOf, type RequestView, wholeNumber } from '@seaworthy/contracts';
import type { Client } from '../decision.js';
import { networkKey, parseAddress } from './address.js';
import { type ForwardedElement, parseForwarded } from './forwarded.js';
import { compileTrust } from './trust.js';

const headers = ['x-forwarded-for', 'forwarded', 'x-real-ip'] as const;

export interface ClientIpOptions {
  /**
   * The proxies whose word counts: addresses, CIDR ranges and the names `loopback`, `linklocal` and `uniquelocal`; or how
   * many proxies stand in front. Prefer ranges: a hop count believes whoever reaches the port without the proxy.
   * "Every proxy" cannot be said, because then every client chooses its own address.
   */
  readonly trust: readonly string[] | number;
  /** The header that the trusted proxy writes; the other two are ignored. @defaultValue 'x-forwarded-for' */
  readonly header?: (typeof headers)[number];
  /** How much of an IPv6 address is one client, in bits from 32 to 128. @defaultValue 64 */
  readonly ipv6PrefixLength?: number;
}

/** Finds the client of a request. */
export type ClientIp = (view: RequestView) => Client;

const readOptions = optionsOf<ClientIpOptions>('clientIp', {
  trust: true,
  header: true,
  ipv6PrefixLength: true,
});

/**
 * Finds the address of the client behind trusted proxies, so that no header that a client sends moves it to another budget.
 *
 * The header is read from our side: an address is passed over only while it belongs to a trusted proxy, and the first one
 * that does not is the client. A missing or unreadable entry stops there: the client is then the proxy that wrote it.
 *
 * @throws OptionsError for ranges that do not parse or trust everybody.
 *
 * @example
 * createSecurity({ clientIp: clientIp({ trust: ['10.0.0.0/8'] }) });
 */
export function clientIp(options: ClientIpOptions): ClientIp {
  const { trust, header = 'x-forwarded-for', ipv6PrefixLength = 64 } = readOptions(options);
  if (!headers.includes(header)) throw invalidOption('clientIp', 'header', `one of ${headers.join(', ')}`);
  const bits = wholeNumber('clientIp', 'ipv6PrefixLength', ipv6PrefixLength, { min: 32, max: 128 });
  const trusts = compileTrust(trust);
  const peers = new Map<string | undefined, Peer>();

  function peerOf(view: RequestView): Peer {
    const known = peers.get(view.peer);
    if (known !== undefined) return known;
    const ip = view.peer === undefined ? undefined : parseAddress(view.peer);
    const peer: Peer = { ip, key: keyOf(ip, bits), viaProxy: trusts(ip, 0) };
    if (peers.size >= rememberedPeers) peers.clear();
    peers.set(view.peer, peer);
    return peer;
  }

  return (view) => {
    const peer = peerOf(view);
    if (!peer.viaProxy)
      return { ip: peer.ip ?? unknown, key: peer.key, secure: view.encrypted, viaProxy: false };
    const said = readSaid(view, header);
    let { ip } = peer;
    for (let hop = 0; hop < said.addresses.length; hop += 1) {
      if (hop > 0 && !trusts(ip, hop)) break; // of the first it is known already
      const next = parseAddress(said.addresses[said.addresses.length - 1 - hop] ?? '');
      if (next === undefined) break;
      ip = next;
    }
    const secure = view.encrypted || said.proto === 'https';
    return { ip: ip ?? unknown, key: keyOf(ip, bits), secure, viaProxy: true };
  };
}

/** What a connection's other end is, worked out once for all of its requests. */
interface Peer {
  readonly ip: string | undefined;
  readonly key: string;
  readonly viaProxy: boolean;
}

const rememberedPeers = 1_024;

const unknown = 'unknown';

function keyOf(ip: string | undefined, bits: number): string {
  return ip === undefined ? unknown : networkKey(ip, bits);
}

interface Said {
  /** The client's end first. */
  readonly addresses: readonly string[];
  /** What the proxy next to us saw: the last value, which no client can write. */
  readonly proto: string | undefined;
}

function readSaid(view: RequestView, header: (typeof headers)[number]): Said {
  const value = view.header(header);
  if (header === 'forwarded') {
    const elements: readonly ForwardedElement[] = (value === undefined ? [] : parseForwarded(value)) ?? [];
    return { addresses: elements.map((element) => element.for ?? ''), proto: elements.at(-1)?.proto };
  }
  const addresses = value === undefined ? [] : header === 'x-real-ip' ? [value] : value.split(',');
  const proto = view.header('x-forwarded-proto')?.split(',').at(-1)?.trim().toLowerCase();
  return { addresses, proto };
}
