import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { IMAGE_NAMES, imagePath } from './expected.ts';
import { MAKERS } from './makers.ts';

/** Writes all of `images/` anew. */
for (const name of IMAGE_NAMES) {
  const path = imagePath(name);
  const bytes = await MAKERS[name]();
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  process.stdout.write(`${String(bytes.length).padStart(8)}  ${name}\n`);
}
