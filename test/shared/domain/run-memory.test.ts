import { describe, expect, test } from 'vitest';
import type { ImageHeader, InputFormat } from '../../../shared/domain/image.ts';
import { DEFAULT_PRESET, Preset } from '../../../shared/domain/preset.ts';
import { decodedFrames, runMemoryBytes } from '../../../shared/domain/run-memory.ts';

const MIB = 2 ** 20;
const header = (format: InputFormat, width: number, height: number, frames = 1): ImageHeader => ({
  format,
  width,
  height,
  frames,
});

/** Anonymous memory beyond that of an idle worker, MiB: 2026-11-30, Node 24.21, six variants, one encode at a time. */
const MEASURED: [what: string, header: ImageHeader, held: number, measured: number][] = [
  ['a baseline JPEG', header('jpeg', 8000, 6250), 0, 22],
  ['a progressive JPEG, 4:2:0', header('jpeg', 8000, 6250), 3, 154],
  ['a progressive JPEG, 4:4:4', header('jpeg', 8000, 6250), 6, 294],
  ['a PNG of 16 bits', header('png', 8000, 6250), 0, 102],
  ['an interlaced PNG', header('png', 8000, 6250), 3, 188],
  ['a lossy WebP', header('webp', 8000, 6250), 0, 24],
  ['a lossless WebP', header('webp', 8000, 6250), 4, 201],
  ['an AVIF', header('avif', 8000, 6250), 0, 888],
  ['an AVIF of 12 bits, 4:4:4', header('avif', 4000, 3000), 0, 288],
  ['a GIF', header('gif', 8000, 6250), 0, 250],
  ['a TIFF of 16 bits', header('tiff', 8000, 6250), 0, 96],
  ['a HEIC of a phone', header('heic', 4032, 3024), 0, 156],
];

describe('the memory of a run', () => {
  test.each(MEASURED)('of %s is no more than is foreseen', (_, of, held, measured) => {
    const foreseen = runMemoryBytes(of, DEFAULT_PRESET, held) / MIB;
    expect(foreseen).toBeGreaterThanOrEqual(measured);
    // Nor so much that little else could run beside it.
    expect(foreseen).toBeLessThan(2 * measured + 64);
  });

  test('is the most that it may be where it is not known how the file is made', () => {
    for (const [what, of, held] of MEASURED) {
      const unknown = runMemoryBytes(of, DEFAULT_PRESET, null);
      expect(unknown, what).toBeGreaterThanOrEqual(runMemoryBytes(of, DEFAULT_PRESET, held));
    }
  });

  test('grows with the largest size and its formats', () => {
    const preset = (side: number, format: string) =>
      Preset.parse({
        name: 'zoom',
        sizes: [{ name: 'zoom', width: side, height: side, fit: 'inside' }],
        outputs: [{ format }],
      });
    const of = header('jpeg', 4000, 3000);
    const at = (side: number, format: string) => runMemoryBytes(of, preset(side, format), 0);
    expect(at(4000, 'jpeg')).toBeGreaterThanOrEqual(119 * MIB);
    expect(at(4000, 'avif')).toBeGreaterThanOrEqual(274 * MIB);
    expect(at(1600, 'avif')).toBeGreaterThanOrEqual(60 * MIB);
    // A picture is not enlarged.
    expect(at(16_000, 'jpeg')).toBe(at(4000, 'jpeg'));
  });

  test('counts all that is decoded of a panorama for a size that keeps its middle', () => {
    const panorama = header('png', 156_250, 320);
    // The thumbnail of 320 x 320 has its full height.
    expect(runMemoryBytes(panorama, DEFAULT_PRESET, 0)).toBeGreaterThan(7 * 156_250 * 320);
  });

  test('counts the frames that are decoded', () => {
    const gif = header('gif', 400, 300, 50);
    expect(decodedFrames(gif, false)).toBe(1);
    expect(decodedFrames(gif, true)).toBe(50);
    expect(decodedFrames(header('png', 400, 300, 50), true)).toBe(1);
    const animated = { ...DEFAULT_PRESET, animated: true };
    const moving = runMemoryBytes(gif, animated, 0) - 32 * MIB;
    expect(moving).toBeGreaterThan(50 * (runMemoryBytes(gif, DEFAULT_PRESET, 0) - 32 * MIB));
  });
});
