/** What one quality of a ladder gives for one picture. */
export interface Rung {
  quality: number;
  bytes: number;
  cpuMs: number;
  /** Higher or lower for better, but the same way for all rungs. */
  likeness: number;
}

export type Alike = Omit<Rung, 'likeness'>;

/**
 * Which quality of a ladder looks like a given likeness, and what it then costs: on the line between the two rungs around it,
 * or on the line through the two next to it where it is beyond the ladder. Bytes grow by factors, so their logarithm is taken.
 * @param rungs by quality, two at least
 */
export function alike(rungs: readonly Rung[], likeness: number): Alike {
  const [low, high] = aroundOf(rungs, likeness);
  const part = (likeness - low.likeness) / (high.likeness - low.likeness);
  const on = (from: number, to: number) => from + part * (to - from);
  return {
    quality: on(low.quality, high.quality),
    bytes: Math.exp(on(Math.log(low.bytes), Math.log(high.bytes))),
    cpuMs: on(low.cpuMs, high.cpuMs),
  };
}

function aroundOf(rungs: readonly Rung[], likeness: number): [Rung, Rung] {
  const better = Math.sign((rungs.at(-1)?.likeness ?? 0) - (rungs[0]?.likeness ?? 0));
  const above = rungs.findIndex((rung) => (rung.likeness - likeness) * better >= 0);
  const upper = above < 0 ? rungs.length - 1 : Math.max(above, 1);
  const [low, high] = [rungs[upper - 1], rungs[upper]];
  if (!low || !high) throw new Error('a ladder has two rungs at least');
  return [low, high];
}
