import type { Focus } from '../../shared/domain/focus.ts';
import { type Area, areaAround, CENTRE, type Cut } from './geometry.ts';
import { asPicture, draw, firstFrame, type Raster } from './raster.ts';

/** Which part of the scaled picture a cut takes. Of an animation, that of its first frame. */
export async function cropArea(scaled: Raster, { spec, crop }: Cut, focus: Focus | null): Promise<Area> {
  if (crop.width === scaled.width && crop.height === scaled.height) return { left: 0, top: 0, ...crop };
  switch (spec.position) {
    case 'centre':
      return areaAround(CENTRE, scaled, crop);
    case 'focus':
      return areaAround(focus ?? CENTRE, scaled, crop);
    case 'attention':
    case 'entropy':
      return searchedArea(scaled, crop.width, crop.height, spec.position);
  }
}

/** libvips looks for what catches the eye (skin, saturation, edges), or for where most is going on. */
async function searchedArea(
  scaled: Raster,
  width: number,
  height: number,
  position: 'attention' | 'entropy',
): Promise<Area> {
  const { info } = await draw(
    asPicture(firstFrame(scaled)).resize(width, height, { fit: 'cover', position }),
  );
  // sharp tells where its crop is as the way from there to the corner of the picture.
  const left = Math.min(Math.abs(info.cropOffsetLeft ?? 0), scaled.width - width);
  const top = Math.min(Math.abs(info.cropOffsetTop ?? 0), scaled.height - height);
  return { left, top, width, height };
}
