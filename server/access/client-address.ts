import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import ipaddr from 'ipaddr.js';

/** Whose request it is, by address: of the connection, or as proxies that are trusted say in `X-Forwarded-For`. */
export type ClientAddress = (peer: string, forwardedFor: string | undefined) => string;

/** Providers give each of their customers so many bits to choose from: RFC 6177. */
const IPV6_NETWORK_BITS = 64;

/**
 * Believes `X-Forwarded-For` as far as proxies have written it: the client is the last one in it that is no proxy of ours.
 * @param proxies addresses, networks in CIDR notation, or `loopback`, `linklocal`, `uniquelocal`
 * @param disbelieved called when a peer that is none of them has sent that field
 */
export function clientAddressBehind(
  proxies: readonly string[],
  disbelieved: (peer: string) => void,
): ClientAddress {
  const isProxy = proxies.length > 0 ? proxyAddr.compile([...proxies]) : () => false;
  return (peer, forwardedFor) => {
    if (forwardedFor === undefined) return written(peer) ?? peer;
    if (!isProxy(peer, 0)) disbelieved(peer);
    const request = { headers: { 'x-forwarded-for': forwardedFor }, socket: { remoteAddress: peer } };
    // All that it reads of a request.
    const client = proxyAddr(request as unknown as IncomingMessage, isProxy);
    // What is no address has been made up by a client.
    return written(client) ?? written(peer) ?? peer;
  };
}

/** Who counts as one: an IPv4 address, or all that a customer of a provider has of IPv6. */
export function networkOf(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address;
  return ipaddr.IPv6.networkAddressFromCIDR(`${address}/${IPV6_NETWORK_BITS}`).toString();
}

/** One way to write each address: of IPv4 in IPv6 clothes, that of IPv4. Null: it is none. */
function written(address: string): string | null {
  const bare = address.replace(/%.*$/, '');
  return ipaddr.isValid(bare) ? ipaddr.process(bare).toString() : null;
}
