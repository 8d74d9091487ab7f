import { describe, expect, test } from 'vitest';
import { clientAddressBehind, networkOf } from '../../../server/access/client-address.ts';

const untold = () => {
  throw new Error('nobody was to be disbelieved');
};

describe('the address of a client', () => {
  test('is the other end of the connection', () => {
    expect(clientAddressBehind([], untold)('192.0.2.7', undefined)).toBe('192.0.2.7');
    expect(clientAddressBehind([], untold)('::ffff:192.0.2.7', undefined)).toBe('192.0.2.7');
    expect(clientAddressBehind([], untold)('fe80::1%eth0', undefined)).toBe('fe80::1');
  });

  test.each([
    ['10.0.0.1', '192.0.2.7', '192.0.2.7'],
    ['::ffff:10.0.0.1', '192.0.2.7', '192.0.2.7'],
    ['10.0.0.1', '198.51.100.9, 192.0.2.7', '192.0.2.7'],
    ['10.0.0.1', '198.51.100.9, 192.0.2.7, 10.9.9.9', '192.0.2.7'],
    ['10.0.0.1', '10.1.1.1, 10.2.2.2', '10.1.1.1'],
    ['10.0.0.1', '2001:db8::7', '2001:db8::7'],
    // Made up by a client in front of the proxy, or broken.
    ['10.0.0.1', 'unknown', '10.0.0.1'],
    ['10.0.0.1', '192.0.2.7, <script>', '10.0.0.1'],
    ['10.0.0.1', '', '10.0.0.1'],
    ['10.0.0.1', ','.repeat(5_000), '10.0.0.1'],
  ])('behind %s, which says %j, is %s', (peer, forwardedFor, client) => {
    expect(clientAddressBehind(['10.0.0.0/8'], untold)(peer, forwardedFor)).toBe(client);
  });

  test('is not what somebody else says', () => {
    const disbelieved: string[] = [];
    const clientAddress = clientAddressBehind(['10.0.0.0/8'], (peer) => disbelieved.push(peer));
    expect(clientAddress('203.0.113.5', '192.0.2.7')).toBe('203.0.113.5');
    expect(disbelieved).toEqual(['203.0.113.5']);
  });
});

test('a network counts as one', () => {
  expect(networkOf('192.0.2.7')).toBe('192.0.2.7');
  expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe(networkOf('2001:db8:1:2:ffff::'));
  expect(networkOf('2001:db8:1:2:3:4:5:6')).not.toBe(networkOf('2001:db8:1:3:3:4:5:6'));
  expect(networkOf('gone')).toBe('gone');
});
