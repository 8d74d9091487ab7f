import { beforeAll, describe, expect, test } from 'vitest';
import type { Focus } from '../../../../shared/domain/focus.ts';
import type { Preset } from '../../../../shared/domain/preset.ts';
import { prepareDecoder } from '../../../../workers/worker/decoder.ts';
import { at, made, painted, pixelsOf, presetOf } from './made.ts';

beforeAll(prepareDecoder);

describe('a cover', () => {
  const square = (position: string) =>
    presetOf({
      sizes: [{ name: 'it', width: 40, height: 40, fit: 'cover', position }],
      outputs: [{ format: 'webp', quality: 100 }],
    });
  /** From left to right ever redder, so that the crop tells where it was taken. */
  const ramp = () => painted(400, 100, (x) => [Math.floor(x / 2), 100, 100]);
  const middleOf = async (preset: Preset, focus?: Focus) => {
    const { path } = await made(await ramp(), { preset, ...(focus && { focus }) });
    return at(await pixelsOf(path('it.webp')), 20, 20)[0] ?? 0;
  };

  test.each([
    [{ x: 0.3, y: 0.5 }, 60],
    [{ x: 0, y: 0 }, 25],
    [{ x: 1, y: 1 }, 175],
    [{ x: 0.125, y: 0.9 }, 25],
  ])('has the focus %o as near to its middle as it can', async (focus, red) => {
    expect(Math.abs((await middleOf(square('focus'), focus)) - red)).toBeLessThan(6);
  });

  test('without a focus, or with one that nobody asks for, keeps the centre', async () => {
    expect(Math.abs((await middleOf(square('focus'))) - 100)).toBeLessThan(6);
    expect(Math.abs((await middleOf(square('centre'), { x: 0, y: 0 })) - 100)).toBeLessThan(6);
  });

  test.each(['attention', 'entropy'])('by %s keeps what there is to see', async (position) => {
    const spotted = await painted(400, 100, (x, y) =>
      Math.hypot(x - 330, y - 50) < 30 ? [(x * 97) % 256, (y * 61) % 256, 20] : [120, 120, 120],
    );
    const { path } = await made(spotted, { preset: square(position) });
    const seen = await pixelsOf(path('it.webp'));
    const plain = seen.data.filter((level, index) => index % 3 === 2 && Math.abs(level - 120) < 10).length;
    expect(plain).toBeLessThan((40 * 40) / 1.5);
  });
});
