import { crc32 } from 'node:zlib';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** What parsers trip over: ends of ranges, powers of two and their neighbours. Each is cut to the width that it is put into. */
const TELLING = [
  0,
  1,
  2,
  3,
  4,
  7,
  8,
  9,
  15,
  16,
  31,
  32,
  64,
  100,
  127,
  128,
  255,
  256,
  257,
  1000,
  4095,
  4096,
  8191,
  16_383,
  16_384,
  32_767,
  32_768,
  65_534,
  65_535,
  65_536,
  1_000_000,
  2 ** 24 - 1,
  2 ** 24,
  2 ** 30,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 2,
  2 ** 32 - 1,
];

/** The chances of one case: the same for the same seed and name, whatever came before it. */
export class Random {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  /** @param name of the case, such as `picture-17` */
  constructor(seed: number, name: string) {
    this.#generator = xoroshiro128plus(crc32(`${seed} ${name}`) | 0);
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return uniformInt(this.#generator, least, Math.max(least, most));
  }

  /** A whole number from 0 to below `end`; 0 where that is 0. */
  below(end: number): number {
    return this.between(0, end - 1);
  }

  /** @param share from 0 to 1 */
  chance(share: number): boolean {
    return this.below(1_000_000) < share * 1_000_000;
  }

  pick<T>(of: readonly [T, ...T[]] | readonly T[]): T {
    const found = of[this.below(of.length)];
    if (found === undefined) throw new Error('there is nothing to pick from');
    return found;
  }

  /** Like {@link pick}, each as often as its weight says. */
  weighted<T>(of: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.below(of.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, value] of of) {
      if (left < weight) return value;
      left -= weight;
    }
    throw new Error('there is nothing to pick from');
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** A number of so many bytes: a telling one, a near one or any. */
  number(bytes: number, was = 0): number {
    const end = 2 ** (8 * bytes);
    const found = this.weighted([
      [5, () => this.pick(TELLING)],
      [3, () => was + this.between(-4, 4)],
      [1, () => was * 2],
      [2, () => this.between(0, 0x7fffffff) * 2 + this.below(2)],
    ])();
    return ((found % end) + end) % end;
  }
}
