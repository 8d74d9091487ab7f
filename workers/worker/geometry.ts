import type { Focus } from '../../shared/domain/focus.ts';
import type { VariantSpec } from '../../shared/domain/preset.ts';

/** Whole pixels, upright. */
export interface Size {
  width: number;
  height: number;
}

export interface Area extends Size {
  left: number;
  top: number;
}

/** How one variant is cut: the whole picture scaled to `scaled`, then a part of the size `crop` taken. */
export interface Cut {
  spec: VariantSpec;
  scaled: Size;
  crop: Size;
}

/** How to make all variants of a picture: the size to decode it to, and the cuts from the largest to the smallest. */
export interface Plan {
  decoded: Size;
  cuts: Cut[];
}

/** Nothing is enlarged, so no scale is above 1; `cover` of a picture too small for it keeps the aspect and crops less. */
export function planVariants(picture: Size, specs: readonly VariantSpec[]): Plan {
  const cuts = specs
    .map((spec) => cutOf(picture, spec))
    .sort((a, b) => b.scaled.width * b.scaled.height - a.scaled.width * a.scaled.height);
  const decoded = {
    width: Math.max(...cuts.map((cut) => cut.scaled.width)),
    height: Math.max(...cuts.map((cut) => cut.scaled.height)),
  };
  return { decoded, cuts };
}

function cutOf(picture: Size, spec: VariantSpec): Cut {
  const across = spec.width / picture.width;
  const down = spec.height / picture.height;
  if (spec.fit === 'inside') {
    const scaled = scale(picture, Math.min(1, across, down));
    return { spec, scaled, crop: scaled };
  }
  const scaled = scale(picture, Math.min(1, Math.max(across, down)));
  const shrink = Math.min(1, scaled.width / spec.width, scaled.height / spec.height);
  return { spec, scaled, crop: scale(spec, shrink) };
}

function scale(size: Size, factor: number): Size {
  return {
    width: Math.max(1, Math.round(size.width * factor)),
    height: Math.max(1, Math.round(size.height * factor)),
  };
}

export const CENTRE: Focus = { x: 0.5, y: 0.5 };

/** The part of a picture that has the focus as near to its middle as it can. */
export function areaAround(focus: Focus, picture: Size, size: Size): Area {
  const from = (at: number, whole: number, part: number) =>
    Math.min(Math.max(0, Math.floor(at * whole - part / 2)), whole - part);
  return {
    left: from(focus.x, picture.width, size.width),
    top: from(focus.y, picture.height, size.height),
    ...size,
  };
}
