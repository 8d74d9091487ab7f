import ipaddr from 'ipaddr.js';

/** What is given out to anybody at all: RFC 4291, section 2.4, and IANA's registry of IPv6 address space. */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/**
 * Whether an address is one of the internet: of nobody's own network, this machine's, a link's, a group's, or what leads to such a
 * one through a translation (IPv4 within IPv6, NAT64, 6to4, Teredo).
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST);
}
