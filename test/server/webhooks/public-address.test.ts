import { expect, test } from 'vitest';
import { AddressRefused, addressesOf } from '../../../server/webhooks/address-of.ts';
import { isPublicAddress } from '../../../server/webhooks/public-address.ts';

test.for([
  '8.8.8.8',
  '1.1.1.1',
  '100.63.255.255',
  '172.32.0.1',
  '2606:4700:4700::1111',
  '2001:4860:4860::8888',
])('%s is of the internet', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.for([
  // RFC 6890: this host, private, shared, loopback, link-local (with the metadata of clouds), documentation, and what is for no host.
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'fc00::1',
  'fd00:ec2::254',
  'ff02::1',
  '100::1',
  '2001:db8::1',
  '3fff::1',
  '5f00::1',
  // IPv4 within IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo.
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '::7f00:1',
  '::ffff:0:127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::808:808',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  '2001::1',
  'localhost',
  '',
])('%s is none of the internet', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

/** However an address is written, a URL has it in one way. */
test.for([
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '[::1]',
  '[::ffff:127.0.0.1]',
  'localhost',
])('%s leads to nobody, unless that is allowed', async (host) => {
  const { hostname } = new URL(`http://${host}/`);
  await expect(addressesOf(hostname, { allowPrivate: false })).rejects.toThrow(AddressRefused);
  expect(await addressesOf(hostname, { allowPrivate: true })).toEqual(
    expect.arrayContaining([expect.stringMatching(/^(127\.0\.0\.1|::1|::ffff:7f00:1)$/)]),
  );
});
