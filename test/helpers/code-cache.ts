import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Hundreds of processes load the same modules: what Node compiles of them is kept for the others, as long as the tests
 * take. Vitest calls this before its first file, and what it returns after the last one.
 */
export async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-code-'));
  // Workers are another user, and keep theirs there as well.
  await chmod(folder, 0o777);
  process.env.NODE_COMPILE_CACHE = folder;
  // The last process that ends may still be writing to it.
  return () => rm(folder, { recursive: true, force: true, maxRetries: 10 });
}
