import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { grid } from './heic.ts';
import { renderScene } from './scene.ts';

const SIDE = 16;
const TARGET = fileURLToPath(new URL('../server/doctor/samples.ts', import.meta.url));

const scene = renderScene({ width: SIDE, height: SIDE, grain: 0 });
const picture = () => sharp(scene.data, { raw: { width: SIDE, height: SIDE, channels: 3 } });

const SAMPLES: Record<string, Buffer> = {
  jpeg: await picture().jpeg({ quality: 60 }).toBuffer(),
  png: await picture().ensureAlpha(0.5).png({ compressionLevel: 9 }).toBuffer(),
  webp: await picture().webp({ quality: 50 }).toBuffer(),
  avif: await picture().avif({ quality: 40 }).toBuffer(),
  heic: grid(scene, SIDE),
  gif: await picture().gif({ colours: 8 }).toBuffer(),
  tiff: await picture().tiff({ compression: 'deflate' }).toBuffer(),
};

const lines = Object.entries(SAMPLES).map(([format, bytes]) => `  ${format}: '${bytes.toString('base64')}',`);

await writeFile(
  TARGET,
  `import type { InputFormat } from '../../shared/domain/image.ts';

/** A picture of ${SIDE} × ${SIDE} pixels in each accepted format, in base64; the PNG has alpha. Made by \`node testdata/samples.ts\`. */
export const SAMPLES: Record<InputFormat, string> = {
${lines.join('\n')}
};
`,
);
