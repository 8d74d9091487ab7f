import { describe, expect, test } from 'vitest';
import { inspect } from '../../server/intake/inspect/inspect.ts';
import { sha256Of } from '../helpers/job-records.ts';
import { basePictures } from './pictures/base-pictures.ts';
import { mutantOf } from './pictures/mutate.ts';
import { pictureCase } from './pictures/picture-case.ts';
import { Random } from './random.ts';
import { Known } from './requests/known.ts';
import { requestCase } from './requests/request-case.ts';
import { ROUTES } from './requests/routes.ts';

const BASES = await basePictures();
const CASES = 300;
const numbers = Array.from({ length: CASES }, (_, number) => number);

const pictureOf = (seed: number, number: number) => pictureCase(BASES, new Random(seed, `picture-${number}`));
const requestOf = (seed: number, number: number) =>
  requestCase(
    new Known(),
    Buffer.from('picture'),
    { all: 'all', less: ['less'] },
    new Random(seed, `request-${number}`),
  );

describe('a case', () => {
  test('is the same whenever it is made, and another for another seed or number', () => {
    const digests = (seed: number) =>
      numbers.map((number) =>
        sha256Of(Buffer.concat([pictureOf(seed, number).body, requestOf(seed, number).bytes])),
      );
    expect(digests(1)).toEqual(digests(1));
    expect(new Set([...digests(1), ...digests(2)]).size).toBe(2 * CASES);
  });

  test('leaves the file alone that it is made of', async () => {
    const before = BASES.map(({ bytes }) => sha256Of(bytes));
    for (const number of numbers) mutantOf(BASES, new Random(3, `${number}`));
    expect(BASES.map(({ bytes }) => sha256Of(bytes))).toEqual(before);
  });
});

test('most mutants of a picture that is accepted get to a worker, and most are not the picture any more', async () => {
  for (const base of BASES) {
    const isAccepted = async (bytes: Buffer) => {
      const source = {
        size: bytes.length,
        read: async (from: number, length: number) => bytes.subarray(from, from + length),
      };
      return (await inspect(source)).kind === 'image';
    };
    if (!(await isAccepted(base.bytes))) continue;
    const mutants = numbers.slice(0, 100).map((number) => mutantOf([base], new Random(4, `${number}`)).bytes);
    const accepted = await Promise.all(mutants.map(isAccepted));
    expect(accepted.filter(Boolean).length, base.name).toBeGreaterThan(40);
    expect(mutants.filter((bytes) => !bytes.equals(base.bytes)).length, base.name).toBeGreaterThan(80);
  }
});

test('requests go to every route, and many of them are HTTP', () => {
  const requests = numbers.map((number) => requestOf(5, number));
  expect(new Set(requests.map(({ route }) => route)).size).toBe(ROUTES.length);
  const share = requests.filter(({ isWellFormed }) => isWellFormed).length / CASES;
  expect(share > 0.5 && share < 0.95).toBe(true);
});
