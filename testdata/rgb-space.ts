import {
  diagonal,
  inverse,
  type Matrix,
  mapTriple,
  multiply,
  type Triple,
  times,
  transpose,
} from './matrix.ts';

type Chromaticity = readonly [x: number, y: number];

/** From an encoded value to a linear one, and back; both 0 to 1. */
export interface Curve {
  decode: (encoded: number) => number;
  encode: (linear: number) => number;
}

/** An RGB space, as the standards define it: by its primaries, its white, and its curve. */
export interface RgbSpace {
  red: Chromaticity;
  green: Chromaticity;
  blue: Chromaticity;
  white: Chromaticity;
  curve: Curve;
}

const D65: Chromaticity = [0.3127, 0.329];
const D50: Chromaticity = [0.3457, 0.3585];

export const gamma = (exponent: number): Curve => ({
  decode: (encoded) => encoded ** exponent,
  encode: (linear) => linear ** (1 / exponent),
});

/** A power with a straight foot: the form of `parametricCurveType` 3, ICC.1:2022, 10.18. */
function footed(exponent: number, offset: number, slope: number, foot: number): Curve {
  return {
    decode: (encoded) =>
      encoded >= foot ? ((encoded + offset) / (1 + offset)) ** exponent : encoded / slope,
    encode: (linear) =>
      linear >= foot / slope ? (1 + offset) * linear ** (1 / exponent) - offset : linear * slope,
  };
}

/** IEC 61966-2-1. */
const SRGB_CURVE = footed(2.4, 0.055, 12.92, 0.04045);
/** ITU-R BT.2020, table 4. */
const BT2020_CURVE = footed(1 / 0.45, 0.0993, 4.5, 0.08145);

const BT709 = { red: [0.64, 0.33], green: [0.3, 0.6], blue: [0.15, 0.06], white: D65 } as const;

export const SRGB: RgbSpace = { ...BT709, curve: SRGB_CURVE };
export const LINEAR_SRGB: RgbSpace = { ...BT709, curve: gamma(1) };
/** SMPTE EG 432-1 with the curve of sRGB. */
export const DISPLAY_P3: RgbSpace = {
  red: [0.68, 0.32],
  green: [0.265, 0.69],
  blue: [0.15, 0.06],
  white: D65,
  curve: SRGB_CURVE,
};
/** Adobe RGB (1998) Color Image Encoding, 4.3: the exponent is 2 and 51/256. */
export const ADOBE_RGB: RgbSpace = {
  red: [0.64, 0.33],
  green: [0.21, 0.71],
  blue: [0.15, 0.06],
  white: D65,
  curve: gamma(2 + 51 / 256),
};
/** ISO 22028-2, without the straight foot below 1/512, which most profiles leave out. */
export const PROPHOTO: RgbSpace = {
  red: [0.7347, 0.2653],
  green: [0.1596, 0.8404],
  blue: [0.0366, 0.0001],
  white: D50,
  curve: gamma(1.8),
};
export const BT2020: RgbSpace = {
  red: [0.708, 0.292],
  green: [0.17, 0.797],
  blue: [0.131, 0.046],
  white: D65,
  curve: BT2020_CURVE,
};

/** XYZ with Y at 1. */
const fromChromaticity = ([x, y]: Chromaticity): Triple => [x / y, 1, (1 - x - y) / y];
export const WHITE_D50 = fromChromaticity(D50);

/** The Bradford transform to cone responses: ICC.1:2022, annex E.3. */
const BRADFORD: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/** The matrix from linear RGB to XYZ as of D50, which is what a profile holds. */
export function toConnection({ red, green, blue, white }: RgbSpace): Matrix {
  const primaries = transpose([fromChromaticity(red), fromChromaticity(green), fromChromaticity(blue)]);
  const amounts = times(inverse(primaries), fromChromaticity(white));
  const toXyz = multiply(primaries, diagonal(amounts));
  const from = times(BRADFORD, fromChromaticity(white));
  const to = times(BRADFORD, WHITE_D50);
  const adapt = diagonal([to[0] / from[0], to[1] / from[1], to[2] / from[2]]);
  return multiply(multiply(inverse(BRADFORD), multiply(adapt, BRADFORD)), toXyz);
}

/** XYZ as of D50. */
export function xyzOf(space: RgbSpace, encoded: Triple): Triple {
  return times(toConnection(space), mapTriple(encoded, space.curve.decode));
}

/** Encoded values, clipped to what the space can hold. */
export function fromXyz(space: RgbSpace, xyz: Triple): Triple {
  const linear = times(inverse(toConnection(space)), xyz);
  return mapTriple(linear, (value) => space.curve.encode(Math.min(1, Math.max(0, value))));
}

/** CIE 15, 8.2.1. */
export function labOf(xyz: Triple, white: Triple = WHITE_D50): Triple {
  const root = (ratio: number) =>
    ratio > 216 / 24389 ? Math.cbrt(ratio) : (24389 / 27 / 116) * ratio + 4 / 29;
  const [x, y, z] = [root(xyz[0] / white[0]), root(xyz[1] / white[1]), root(xyz[2] / white[2])];
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

export function xyzOfLab([lightness, a, b]: Triple, white: Triple = WHITE_D50): Triple {
  const cube = (root: number) => (root > 6 / 29 ? root ** 3 : (root - 4 / 29) / (24389 / 27 / 116));
  const y = (lightness + 16) / 116;
  return [white[0] * cube(y + a / 500), white[1] * cube(y), white[2] * cube(y - b / 200)];
}
