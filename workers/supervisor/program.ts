import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Of our modules: `.ts`, and `.js` in a package. */
const EXTENSION = extname(import.meta.filename);

const SHARP = createRequire(import.meta.url).resolve('sharp');

/** What worker processes run, and what has to be there for it. */
export interface WorkerProgram {
  entry: string;
  /** Files and folders that it reads itself from. */
  code: readonly string[];
  /** A folder that all workers of this program stand in, and may write to; null: each stands in one of its own. */
  shared: string | null;
}

/** Ours: what workers/worker may import, and not the server beside it. */
export const WORKER_PROGRAM: WorkerProgram = {
  entry: fileURLToPath(new URL('../worker/main.ts', import.meta.url)),
  code: [
    // It says that these are modules.
    `${ROOT}package.json`,
    `${ROOT}workers/worker`,
    `${ROOT}shared/domain`,
    `${ROOT}shared/protocol${EXTENSION}`,
    `${ROOT}shared/errors${EXTENSION}`,
    SHARP.slice(0, SHARP.lastIndexOf('/sharp/')),
  ],
  shared: null,
};
