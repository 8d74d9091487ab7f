import { fractalNoise, randomAt, step } from './noise.ts';
import { type Colour, coverage, fromBox, type Paint, type Place } from './paint.ts';

type Layer = (place: Place, paint: Paint) => void;

const HORIZON = 0.56;

const sky: Layer = ({ x, y }, paint) => {
  paint.over([46, 96, 186], 1);
  paint.over([250, 166, 96], step(0.2, 1.15, x));
  paint.over([255, 226, 190], 0.75 * step(0.2, HORIZON + 0.1, y));
};

const sun: Layer = ({ x, y }, paint) => {
  const distance = Math.hypot(x - 1.02, y - 0.27);
  paint.over([255, 240, 200], 0.8 * step(0.35, 0.03, distance) ** 2);
  paint.over([255, 252, 236], step(0.062, 0.055, distance));
};

const clouds: Layer = ({ x, y }, paint) => {
  if (y > 0.5) return;
  const thickness = fractalNoise(x * 3.2, y * 8, 6, 11);
  const band = step(0.1, 0.22, y) * step(0.5, 0.34, y);
  paint.over([252, 244, 240], 0.8 * band * step(0.46, 0.72, thickness));
};

const mountains: Layer = ({ x, y, pixel }, paint) => {
  if (y < 0.2 || y > HORIZON) return;
  const ridge =
    0.58 - 0.34 * fractalNoise(x * 2.6 + 5, 0.5, 7, 23) - 0.1 * step(0.75, 0.3, Math.abs(x - 0.5));
  const slope = fractalNoise(x * 9 + y * 7, y * 14 - x * 5, 6, 31);
  const rock: Colour = [96 + 50 * slope, 104 + 46 * slope, 132 + 40 * slope];
  const covered = coverage(ridge - y, pixel);
  paint.over(rock, covered);
  paint.over([244, 246, 252], covered * step(0.07, 0.03, y - ridge) * step(0.35, 0.55, slope));
};

const hills: Layer = ({ x, y, pixel }, paint) => {
  if (y < 0.45 || y > HORIZON + 0.01) return;
  const ridge = HORIZON - 0.07 * fractalNoise(x * 4.4, 3.5, 7, 41);
  const woods = fractalNoise(x * 60, y * 90, 4, 43);
  paint.over([22 + 50 * woods, 52 + 62 * woods, 40 + 34 * woods], coverage(ridge - y, pixel));
};

const lake: Layer = ({ x, y }, paint) => {
  if (y < HORIZON) return;
  const depth = y - HORIZON;
  const ripple = fractalNoise((x * 5) / (depth + 0.12), 26 * Math.log(depth + 0.08), 5, 53) - 0.48;
  paint.over([150, 196, 206], 1);
  paint.over([14, 112, 120], step(0, 0.34, depth));
  paint.over([214, 238, 240], 0.8 * step(0.04, 0.36, ripple));
  paint.over([4, 60, 76], 0.7 * step(0.04, 0.36, -ripple));
};

const meadow: Layer = ({ x, y, pixel }, paint) => {
  if (y < HORIZON || x < 0.45) return;
  const depth = y - HORIZON;
  const shore = 0.5 + 0.42 * depth + 0.09 * fractalNoise(depth * 9, 0.5, 5, 61);
  const grass = fractalNoise((x * 60) / (depth + 0.4), 60 * Math.log(depth + 0.3), 5, 67);
  const covered = coverage(shore - x, pixel);
  paint.over([236, 222, 170], covered);
  const land = covered * coverage(shore + 0.012 - x, pixel);
  paint.over([128 + 90 * grass, 138 + 70 * grass, 24 + 40 * grass], land);
  paint.over([64, 100, 28], land * 0.7 * step(0.5, 0.75, 1 - grass));
};

const flowers: Layer = ({ x, y, pixel }, paint) => {
  const column = Math.floor(x * 26);
  const row = Math.floor(y * 26);
  const isGrown = column >= 24 && row >= 21 && randomAt(column, row, 71) > 0.45;
  if (!isGrown) return;
  const centreX = (column + 0.3 + 0.4 * randomAt(column, row, 72)) / 26;
  const centreY = (row + 0.3 + 0.4 * randomAt(column, row, 73)) / 26;
  const distance = Math.hypot(x - centreX, y - centreY);
  const petals: Colour = randomAt(column, row, 74) > 0.5 ? [250, 244, 236] : [206, 66, 92];
  paint.over(petals, coverage(distance - 0.008, pixel));
  paint.over([240, 196, 40], coverage(distance - 0.003, pixel));
};

const house: Layer = (place, paint) => {
  const { x, y, pixel } = place;
  if (y < 0.4 || y > 0.82 || x < 0.7 || x > 1.25) return;
  const slope = Math.max(0.49 - y + 0.85 * Math.abs(x - 1.0), y - 0.6);
  paint.over([52, 70, 24], 0.6 * step(0.05, 0, Math.abs(y - 0.74)) * step(0.24, 0.1, Math.abs(x - 0.98)));
  paint.over([120, 60, 50], coverage(fromBox(place, 1.05, 0.46, 1.08, 0.58), pixel));
  paint.over([238, 228, 206], coverage(fromBox(place, 0.89, 0.6, 1.11, 0.73), pixel));
  const tile = 0.5 + 0.5 * Math.abs(((y * 90) % 1) - 0.5);
  paint.over([220 * tile + 20, 62 * tile, 48 * tile], coverage(slope, pixel));
  paint.over([92, 54, 36], coverage(fromBox(place, 0.92, 0.63, 0.96, 0.73), pixel));
  paint.over([60, 84, 116], coverage(fromBox(place, 1.0, 0.63, 1.07, 0.68), pixel));
  paint.over([248, 248, 244], coverage(fromBox(place, 1.032, 0.63, 1.038, 0.68), pixel));
};

const tree: Layer = (place, paint) => {
  const { x, y, pixel } = place;
  if (y < 0.3 || y > 0.8 || x < 0.5 || x > 0.95) return;
  const leaves = fractalNoise(x * 34, y * 34, 5, 83);
  const crown = Math.hypot((x - 0.72) * 1.15, y - 0.5) - 0.08 - 0.1 * leaves;
  paint.over([50, 36, 26], coverage(fromBox(place, 0.71, 0.5, 0.73, 0.78), pixel));
  paint.over([14 + 70 * leaves, 36 + 110 * leaves, 18 + 30 * leaves], coverage(crown, pixel));
};

/** From the back to the front. Each returns early where it paints nothing: the noise is what takes the time. */
export const LAYERS: readonly Layer[] = [
  sky,
  sun,
  clouds,
  mountains,
  hills,
  lake,
  meadow,
  flowers,
  house,
  tree,
];
