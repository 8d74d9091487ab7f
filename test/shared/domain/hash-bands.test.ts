import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PerceptualHash } from '../../../shared/domain/description.ts';
import { BANDS, bandsApart, bandsAround, bandsOf, hashOfBands } from '../../../shared/domain/hash-bands.ts';

const hashes = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((bits) => PerceptualHash.parse(bits.toString(16).padStart(16, '0')));

/** Bits of a hash, as far as they differ, counted one by one. */
const slowlyApart = (a: PerceptualHash, b: PerceptualHash): number =>
  [...(BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2)].filter((bit) => bit === '1').length;

test('bands are the hash, and the hash is its bands', () => {
  expect(bandsOf(PerceptualHash.parse('0001ffff00abc000'))).toEqual([1, 0xffff, 0xab, 0xc000]);
  fc.assert(
    fc.property(hashes, (hash) => {
      expect(hashOfBands(bandsOf(hash))).toBe(hash);
    }),
  );
});

test('the bits apart are those that differ', () => {
  fc.assert(
    fc.property(hashes, hashes, (a, b) => {
      expect(bandsApart(bandsOf(a), bandsOf(b))).toBe(slowlyApart(a, b));
      expect(bandsApart(bandsOf(a), bandsOf(a))).toBe(0);
    }),
  );
  expect(bandsApart([0, 0, 0, 0], [0xffff, 0xffff, 0xffff, 0xffff])).toBe(64);
});

test.for([
  [0, 1],
  [1, 16],
  [2, 120],
] as const)('around a band at %i bits there are %i others, each so far away', ([flips, count]) => {
  fc.assert(
    fc.property(fc.nat(0xffff), (band) => {
      const found = bandsAround(band, flips);
      expect(new Set(found).size).toBe(count);
      for (const value of found) {
        expect(value).toBeLessThanOrEqual(0xffff);
        expect(bandsApart([band, 0, 0, 0], [value, 0, 0, 0])).toBe(flips);
      }
    }),
  );
});

test('of hashes at most eleven bits apart one band is among those that are looked up', () => {
  const bits = fc.uniqueArray(fc.nat(63), { maxLength: 11 });
  fc.assert(
    fc.property(hashes, bits, (hash, flipped) => {
      const other = flipped.reduce((value, bit) => value ^ (1n << BigInt(bit)), BigInt(`0x${hash}`));
      const a = bandsOf(hash);
      const b = bandsOf(PerceptualHash.parse(other.toString(16).padStart(16, '0')));
      const within = ([0, 1, 2] as const).slice(0, 1 + Math.floor(flipped.length / 4));
      const found = BANDS.some((band) =>
        within.some((flips) => bandsAround(a[band], flips).includes(b[band])),
      );
      expect(found).toBe(true);
    }),
  );
});
