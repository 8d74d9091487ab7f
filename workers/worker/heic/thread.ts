import { parentPort, workerData } from 'node:worker_threads';
import { decodePicture, type HeicPicture } from './heic-picture.ts';
import { type Blame, HeifFailure } from './heif-failure.ts';
import { instantiate } from './libheif.ts';

export interface Task {
  module: WebAssembly.Module;
  path: string;
  maxPixels: number;
}

export type Answer = { picture: HeicPicture } | { blame: Blame; message: string };

if (!parentPort) throw new Error('the thread of libheif has no parent');
const { module, path, maxPixels } = workerData as Task;
try {
  const picture = decodePicture(instantiate(module), path, maxPixels);
  parentPort.postMessage({ picture } satisfies Answer, [picture.pixels.buffer]);
} catch (error) {
  parentPort.postMessage(failed(error));
}

function failed(error: unknown): Answer {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof HeifFailure) return { blame: error.blame, message };
  // A trap or an abort: the decoder has met what it was not written for, and WebAssembly has kept it in its memory.
  if (error instanceof WebAssembly.RuntimeError) return { blame: 'image_unreadable', message };
  return { blame: 'machine', message };
}
