import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../../shared/storage/disk/durable-file.ts';

const ROUNDS = 5;
const BYTES = 4096;

/**
 * Keeps a small file in a folder as an accepted upload is kept: written, brought to the disk, renamed, its name brought to the disk.
 * Nothing stays of it.
 * @returns what that took in the median of some rounds, in milliseconds
 * @throws what the system says where it cannot be done
 */
export async function timeToKeep(folder: string): Promise<number> {
  const taken: number[] = [];
  for (let round = 0; round < ROUNDS; round++) taken.push(await keepOnce(folder));
  return taken.toSorted((one, other) => one - other)[Math.floor(ROUNDS / 2)] ?? 0;
}

async function keepOnce(folder: string): Promise<number> {
  const path = join(folder, `.doctor-${randomUUID()}`);
  const renamed = `${path}.kept`;
  try {
    const begin = performance.now();
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(Buffer.alloc(BYTES));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(path, renamed);
    await syncFolder(folder);
    return performance.now() - begin;
  } finally {
    for (const left of [path, renamed]) await rm(left, { force: true }).catch(() => {});
  }
}
