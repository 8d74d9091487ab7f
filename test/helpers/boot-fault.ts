import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BOOT_FAULT_FILE, type BootFault } from '../fixtures/fault-pictures.ts';
import { standingPlace } from './service.ts';

/** From now on workers of a service with `faults` commit this one at their start, until this is disposed of. */
export async function bootFault(folder: string, fault: BootFault): Promise<AsyncDisposable> {
  const file = join(await standingPlace(folder), BOOT_FAULT_FILE);
  await writeFile(file, fault);
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
}
