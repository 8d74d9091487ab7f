/** Three numbers: linear or encoded RGB from 0 to 1, XYZ with Y of white 1, or L*a*b*. */
export type Triple = readonly [number, number, number];

/** Its rows. */
export type Matrix = readonly [Triple, Triple, Triple];

export const mapTriple = ([a, b, c]: Triple, change: (value: number) => number): Triple => [
  change(a),
  change(b),
  change(c),
];

export const times = ([a, b, c]: Matrix, vector: Triple): Triple => [
  dot(a, vector),
  dot(b, vector),
  dot(c, vector),
];

const dot = (a: Triple, b: Triple): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

const cross = (a: Triple, b: Triple): Triple => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

export const transpose = ([a, b, c]: Matrix): Matrix => [
  [a[0], b[0], c[0]],
  [a[1], b[1], c[1]],
  [a[2], b[2], c[2]],
];

export const diagonal = ([a, b, c]: Triple): Matrix => [
  [a, 0, 0],
  [0, b, 0],
  [0, 0, c],
];

export const multiply = (a: Matrix, b: Matrix): Matrix => {
  const [x, y, z] = transpose(b);
  return transpose([times(a, x), times(a, y), times(a, z)]);
};

/** By the cross products of its rows. */
export function inverse([a, b, c]: Matrix): Matrix {
  const volume = dot(a, cross(b, c));
  const columns: Matrix = [cross(b, c), cross(c, a), cross(a, b)];
  return transpose([
    mapTriple(columns[0], (it) => it / volume),
    mapTriple(columns[1], (it) => it / volume),
    mapTriple(columns[2], (it) => it / volume),
  ]);
}
