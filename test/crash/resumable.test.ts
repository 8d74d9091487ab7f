import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { ManyLives } from '../helpers/many-lives.ts';
import { paddedPicture } from '../helpers/padded-picture.ts';
import { uploadStoppedAt } from '../helpers/stopped-upload.ts';
import { storesOf } from '../helpers/stores.ts';

const BYTES = 15_000_000;
const atTenths = (...tenths: number[]) => tenths.map((tenth) => (tenth * BYTES) / 10);

/** Starts take their time where all cores are at work. */
const TIMEOUT_MS = 120_000;

test.each([
  { name: 'one request', chunkSize: Number.POSITIVE_INFINITY, places: atTenths(1, 2, 3, 4, 5, 6, 7, 8, 9) },
  { name: 'many requests', chunkSize: 700_000, places: atTenths(3, 7) },
])(
  '15 MB in $name, whose service is killed at $places, arrive whole and once',
  async ({ chunkSize, places }) => {
    await using lives = await ManyLives.begin();
    const stores = await storesOf(lives.service);
    const picture = await paddedPicture(BYTES);
    const restart = async (offsets: readonly number[]) => {
      await lives.kill();
      const kept = [...(await stores.parts()).values()].reduce((sum, bytes) => sum + bytes, 0);
      expect(kept, 'what was told is kept').toBeGreaterThanOrEqual(Math.max(0, ...offsets));
      await lives.startAgain();
    };
    const { image, offsets } = await uploadStoppedAt(
      places,
      picture,
      () => lives.service,
      restart,
      chunkSize,
    );
    expect(offsets, 'nothing that was told is lost').toEqual(offsets.toSorted((one, other) => one - other));
    expect(await stores.originals()).toEqual([image]);
    expect(sha256Of(await stores.original(image ?? ''))).toBe(sha256Of(picture));
    expect(await stores.parts()).toEqual(new Map());
  },
  TIMEOUT_MS,
);

const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
