import type { Triple } from '../../testdata/matrix.ts';
import type { Colour } from '../../testdata/paint.ts';
import { labOf, SRGB, xyzOf } from '../../testdata/rgb-space.ts';

/** CIEDE2000 between two colours of sRGB: about 1 is what an eye can just tell apart, side by side. */
export function colourDifference(a: Colour, b: Colour): number {
  const lab = ([red, green, blue]: Colour) => labOf(xyzOf(SRGB, [red / 255, green / 255, blue / 255]));
  return ciede2000(lab(a), lab(b));
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const cosine = (degrees: number): number => Math.cos(radians(degrees));
const sine = (degrees: number): number => Math.sin(radians(degrees));
/** 0 to 360. */
const hue = (a: number, b: number): number => ((Math.atan2(b, a) * 180) / Math.PI + 360) % 360;
const seventh = (chroma: number): number => Math.sqrt(chroma ** 7 / (chroma ** 7 + 25 ** 7));

/** ISO/CIE 11664-6, with all parametric factors at 1. */
export function ciede2000([l1, a1, b1]: Triple, [l2, a2, b2]: Triple): number {
  const stretch = 1 + 0.5 * (1 - seventh((Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2));
  const [c1, c2] = [Math.hypot(a1 * stretch, b1), Math.hypot(a2 * stretch, b2)];
  const [h1, h2] = [hue(a1 * stretch, b1), hue(a2 * stretch, b2)];
  const isGrey = c1 * c2 === 0;

  const turn = isGrey ? 0 : ((h2 - h1 + 540) % 360) - 180;
  const lightness = l2 - l1;
  const chroma = c2 - c1;
  const tint = 2 * Math.sqrt(c1 * c2) * sine(turn / 2);

  const l = (l1 + l2) / 2;
  const c = (c1 + c2) / 2;
  const h = isGrey ? h1 + h2 : meanHue(h1, h2);
  const weight =
    1 - 0.17 * cosine(h - 30) + 0.24 * cosine(2 * h) + 0.32 * cosine(3 * h + 6) - 0.2 * cosine(4 * h - 63);
  const forLightness = 1 + (0.015 * (l - 50) ** 2) / Math.sqrt(20 + (l - 50) ** 2);
  const forChroma = 1 + 0.045 * c;
  const forTint = 1 + 0.015 * c * weight;
  const rotation = -sine(60 * Math.exp(-(((h - 275) / 25) ** 2))) * 2 * seventh(c);
  const [dl, dc, dh] = [lightness / forLightness, chroma / forChroma, tint / forTint];
  return Math.sqrt(dl ** 2 + dc ** 2 + dh ** 2 + rotation * dc * dh);
}

function meanHue(h1: number, h2: number): number {
  const mean = (h1 + h2) / 2;
  if (Math.abs(h1 - h2) <= 180) return mean;
  return mean < 180 ? mean + 180 : mean - 180;
}
