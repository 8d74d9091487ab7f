import { statfs } from 'node:fs/promises';
import { nearestThere } from '../../../shared/storage/disk/file-system.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';
import type { Place } from './places.ts';

const MIB = 1024 * 1024;

/** Of the database, its log and a run, in bytes. */
const LEAST_BYTES = 64 * MIB;
/** A few thousand photos with their variants, in bytes. */
const LITTLE_BYTES = 1024 * MIB;
const LITTLE_SHARE = 0.05;

/** What a volume says of itself: statfs(2). */
export type Volume = Record<'bavail' | 'blocks' | 'bsize' | 'files' | 'ffree', number>;

/** Whether there is room for what comes next. */
export async function roomFindings({ names, path }: Place, maxUploadBytes: number): Promise<Finding[]> {
  try {
    return [roomFinding(names.join(', '), path, await statfs(await nearestThere(path)), maxUploadBytes)];
  } catch {
    // That it cannot be entered is told by who has tried to write to it.
    return [];
  }
}

export function roomFinding(check: string, path: string, volume: Volume, maxUploadBytes: number): Finding {
  const free = volume.bavail * volume.bsize;
  const told = `${path} has ${Math.round(free / MIB)} MiB free`;
  const mend = `Enlarge the volume of ${path}, or delete images (DELETE /images/:id).`;
  if (volume.files > 0 && volume.ffree === 0)
    return fail(check, `${path} can have no more files: its inodes are used up`, mend);
  if (free < LEAST_BYTES + 2 * maxUploadBytes)
    return fail(check, `${told}, less than a few uploads take`, mend);
  if (free < LITTLE_BYTES || volume.bavail < volume.blocks * LITTLE_SHARE)
    return warn(check, `${told}, which is soon used up`, mend);
  return ok(check, told);
}
