import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** Of a name that has many, so many are tried. */
const MOST_ADDRESSES = 4;

/** The name leads into a network where nobody is to be told anything. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/** A resolver that hangs is asked for each name once at a time: it has few threads for all of them. */
const underWay = new Map<string, Promise<string[]>>();

/**
 * The addresses of a host that may be connected to: these very ones, as its name may lead to others a moment later.
 * @throws {AddressRefused} where it has none but private ones
 */
export async function addressesOf(hostname: string, { allowPrivate }: { allowPrivate: boolean }) {
  // An address of IPv6 stands in brackets there.
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const all = isIP(host) ? [host] : await resolved(host);
  const allowed = allowPrivate ? all : all.filter(isPublicAddress);
  if (allowed.length === 0) throw new AddressRefused('its address is private');
  return allowed.slice(0, MOST_ADDRESSES);
}

function resolved(host: string): Promise<string[]> {
  const known = underWay.get(host);
  if (known) return known;
  const asked = lookup(host, { all: true })
    .then((found) => found.map(({ address }) => address))
    .finally(() => underWay.delete(host));
  underWay.set(host, asked);
  return asked;
}
