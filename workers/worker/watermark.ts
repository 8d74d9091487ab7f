import sharp from 'sharp';
import type { Watermark } from '../../shared/domain/preset.ts';
import type { Area, Size } from './geometry.ts';
import { asPicture, draw, type Raster } from './raster.ts';

/** Lays a preset's watermark over each frame. Its pixels are the operator's, and checked when the presets are read. */
export async function withWatermark(raster: Raster, watermark: Watermark, path: string): Promise<Raster> {
  const mark = await drawMark(raster, watermark, path);
  const { left, top } = areaOf(mark, raster, watermark);
  const raw = { width: mark.width, height: mark.height, channels: 4 } as const;
  const layers = Array.from({ length: raster.frames }, (_, frame) => ({
    input: mark.pixels,
    raw,
    left,
    top: top + frame * raster.height,
  }));
  // As one tall picture: to libvips a layer lies on a picture, not on a frame.
  const tall = { ...raster, height: raster.height * raster.frames, frames: 1 };
  const composed = asPicture(tall).composite(layers);
  const { pixels } = await draw(raster.channels === 3 ? composed.removeAlpha() : composed);
  return { ...raster, pixels };
}

async function drawMark(over: Size, { width, opacity }: Watermark, path: string): Promise<Raster> {
  const side = Math.max(1, Math.round(Math.min(over.width, over.height) * width));
  const mark = await draw(
    sharp(path).resize(side, over.height, { fit: 'inside' }).toColourspace('srgb').ensureAlpha(),
  );
  for (let at = 3; at < mark.pixels.length; at += 4) {
    mark.pixels[at] = Math.round((mark.pixels[at] ?? 0) * opacity);
  }
  return mark;
}

function areaOf(mark: Size, over: Size, { corner, margin }: Watermark): Pick<Area, 'left' | 'top'> {
  const most = { left: over.width - mark.width, top: over.height - mark.height };
  if (corner === 'centre') return { left: Math.round(most.left / 2), top: Math.round(most.top / 2) };
  const away = Math.round(Math.min(over.width, over.height) * margin);
  const near = (room: number) => Math.min(away, room);
  return {
    left: corner.endsWith('left') ? near(most.left) : most.left - near(most.left),
    top: corner.startsWith('top') ? near(most.top) : most.top - near(most.top),
  };
}
