import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { ssim } from 'ssim.js';
import { pictureOf, type Reference } from './reference.ts';

const run = promisify(execFile);

/** How a file looks beside what it was made of. */
export interface Likeness {
  /** Mean SSIM of the luma, 1 for the same (the fast windows of ssim.js). It does not see colour. */
  ssim: number;
  /** 3-norm of butteraugli, 0 for the same: a measure of what an eye sees, of colour too. NaN where it is not installed. */
  butteraugli: number;
}

/** Of libjxl, as Debian's libjxl-devtools has it. */
const BUTTERAUGLI = 'butteraugli_main';

export async function hasButteraugli(): Promise<boolean> {
  return run('which', [BUTTERAUGLI]).then(
    () => true,
    () => false,
  );
}

/** @param folder where butteraugli finds the two pictures; null to do without it */
export async function likenessOf(
  file: Buffer,
  reference: Reference,
  folder: string | null,
): Promise<Likeness> {
  const { width, height } = reference;
  const [was, is] = [await rgbaOf(pictureOf(reference)), await rgbaOf(sharp(file))];
  const { mssim } = ssim({ width, height, data: was }, { width, height, data: is }, { ssim: 'bezkrovny' });
  return {
    ssim: mssim,
    butteraugli: folder === null ? Number.NaN : await butteraugli(file, reference, folder),
  };
}

async function rgbaOf(picture: Sharp): Promise<Uint8ClampedArray> {
  return new Uint8ClampedArray(await picture.toColourspace('srgb').ensureAlpha().raw().toBuffer());
}

async function butteraugli(file: Buffer, reference: Reference, folder: string): Promise<number> {
  const [was, is] = [join(folder, 'was.png'), join(folder, 'is.png')];
  await writeFile(was, await pictureOf(reference).png({ compressionLevel: 1 }).toBuffer());
  await writeFile(is, await sharp(file).png({ compressionLevel: 1 }).toBuffer());
  const { stdout } = await run(BUTTERAUGLI, [was, is]);
  const norm = /3-norm: ([\d.]+)/.exec(stdout)?.[1];
  if (norm === undefined) throw new Error(`${BUTTERAUGLI} says ${stdout}`);
  return Number(norm);
}
