import { describe, expect, test } from 'vitest';
import { asPicture, draw, type Raster, release } from '../../../workers/worker/raster.ts';

const raster = (pixels: Buffer): Raster => ({ width: 2, height: 2, channels: 3, frames: 1, pixels });

const drawn = () => draw(asPicture(raster(Buffer.alloc(12, 'twelve bytes'))).resize(200, 200));

describe('the memory of a raster', () => {
  test('is given back at once, of what libvips has drawn', async () => {
    const { external } = process.memoryUsage();
    const large = await drawn();
    const held = process.memoryUsage().external;
    expect(held - external).toBeGreaterThanOrEqual(120_000);
    release(large);
    expect(large.pixels).toHaveLength(0);
    expect(held - process.memoryUsage().external).toBeGreaterThanOrEqual(120_000);
  });

  test('is given back once where two of the same pixels are let go', async () => {
    const large = await drawn();
    release(large);
    release({ ...large });
    expect(large.pixels).toHaveLength(0);
  });

  test('is left alone where others share it', () => {
    const shared = Buffer.alloc(24, 'twelve bytes');
    release(raster(shared.subarray(0, 12)));
    expect(shared.toString()).toBe('twelve bytestwelve bytes');
  });
});
