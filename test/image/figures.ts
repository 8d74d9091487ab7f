import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Parts of an image, each by what its paths begin with; the first that fits counts. */
const PARTS = {
  runtime: /^usr\/local\/bin\/(node|bun)$/,
  'of Debian': /^(usr|etc|var)\//,
  'native code': /^app\/node_modules\/@img\//,
  packages: /^app\/node_modules\//,
  sources: /^app\//,
};

export interface Figures {
  files: number;
  bytes: number;
  /** Bytes of each part. */
  parts: Record<string, number>;
}

/** What is in a root file system: regular files, by their sizes. */
export function figuresOf(root: string): Figures {
  const figures: Figures = { files: 0, bytes: 0, parts: {} };
  for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    const stat = lstatSync(join(root, path));
    if (!stat.isFile()) continue;
    const [part = 'other'] = Object.entries(PARTS).find(([, begins]) => begins.test(path)) ?? [];
    figures.files += 1;
    figures.bytes += stat.size;
    figures.parts[part] = (figures.parts[part] ?? 0) + stat.size;
  }
  return figures;
}

export const told = ({ files, bytes, parts }: Figures): string => {
  const ofParts = Object.entries(parts).map(([name, size]) => `${name} ${inMegabytes(size)}`);
  return `${inMegabytes(bytes)} in ${files} files: ${ofParts.join(', ')}`;
};

const inMegabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
