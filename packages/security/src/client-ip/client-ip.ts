import { invalidOption, optionsOf, type RequestView, wholeNumber } from '@seaworthy/contracts';
import type { Client } from '../decision.js';
import { networkKey, parseAddress } from './address.js';
import { parseForwarded } from './forwarded.js';
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
  const routes = new Map<string, Route>();

  function peerOf(view: RequestView): Peer {
    const known = peers.get(view.peer);
    if (known !== undefined) return known;
    const ip = view.peer === undefined ? undefined : parseAddress(view.peer);
    const viaProxy = trusts(ip, 0);
    const peer: Peer = { ip, viaProxy, client: clientPair(ip, keyOf(ip, bits), viaProxy) };
    if (peers.size >= rememberedPeers) peers.clear();
    peers.set(view.peer, peer);
    return peer;
  }

  function follow(peer: Peer, addresses: readonly string[]): ClientPair {
    let { ip } = peer;
    for (let hop = 0; hop < addresses.length; hop += 1) {
      if (hop > 0 && !trusts(ip, hop)) break; // of the first it is known already
      const next = parseAddress(addresses[addresses.length - 1 - hop] ?? '');
      if (next === undefined) break;
      ip = next;
    }
    return clientPair(ip, keyOf(ip, bits), true);
  }

  function routeOf(peer: Peer, value: string): Route {
    const known = routes.get(value);
    if (known !== undefined && known.peer === peer) return known;
    const { addresses, proto } = readSaid(value, header);
    const route: Route = { peer, client: follow(peer, addresses), proto };
    if (value.length > longestRemembered) return route;
    if (routes.size >= rememberedPeers) routes.clear();
    routes.set(value, route);
    return route;
  }

  return (view) => {
    const peer = peerOf(view);
    if (!peer.viaProxy) return view.encrypted ? peer.client.secure : peer.client.plain;
    const value = view.header(header);
    const route = value === undefined ? undefined : routeOf(peer, value);
    const client = route?.client ?? peer.client;
    const proto = header === 'forwarded' ? route?.proto : saidProto(view);
    return view.encrypted || proto === 'https' ? client.secure : client.plain;
  };
}

/** One client as it comes over a connection of either kind; the same objects for all of its requests. */
interface ClientPair {
  readonly plain: Client;
  readonly secure: Client;
}

function clientPair(found: string | undefined, key: string, viaProxy: boolean): ClientPair {
  const ip = found ?? unknown;
  return {
    plain: Object.freeze({ ip, key, secure: false, viaProxy }),
    secure: Object.freeze({ ip, key, secure: true, viaProxy }),
  };
}

/** Somebody of whom nothing is known but the connection. */
export function stranger({ encrypted }: RequestView): Client {
  const { plain, secure } = clientPair(undefined, unknown, false);
  return encrypted ? secure : plain;
}

/** What a connection's other end is, worked out once for all of its requests. */
interface Peer {
  readonly ip: string | undefined;
  readonly viaProxy: boolean;
  readonly client: ClientPair;
}

/** Who speaks through a proxy, by what it wrote into its header. */
interface Route {
  readonly peer: Peer;
  readonly client: ClientPair;
  readonly proto: string | undefined;
}

const rememberedPeers = 1_024;

/** Some five addresses: longer ones are somebody's invention. */
const longestRemembered = 128;

const unknown = 'unknown';

function keyOf(ip: string | undefined, bits: number): string {
  return ip === undefined ? unknown : networkKey(ip, bits);
}

interface Said {
  /** The client's end first. */
  readonly addresses: readonly string[];
  /** Of Forwarded alone. */
  readonly proto: string | undefined;
}

function readSaid(value: string, header: (typeof headers)[number]): Said {
  if (header !== 'forwarded') {
    return { addresses: header === 'x-real-ip' ? [value] : value.split(','), proto: undefined };
  }
  const elements = parseForwarded(value);
  return { addresses: elements.map((element) => element.for ?? ''), proto: elements.at(-1)?.proto };
}

/** What the proxy next to us saw: the last value, which no client can write. */
function saidProto(view: RequestView): string | undefined {
  const value = view.header('x-forwarded-proto');
  if (value === undefined || value === 'https') return value;
  return value.split(',').at(-1)?.trim().toLowerCase();
}
