import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import libheifPackage from 'libheif-js/package.json' with { type: 'json' };
import { UnreadableImage } from '../unreadable-image.ts';
import type { HeicPicture } from './heic-picture.ts';
import type { Answer, Task } from './thread.ts';

export const LIBHEIF = `libheif ${libheifPackage.version}`;

let compiled: Promise<WebAssembly.Module> | null = null;

/** Once, when the first HEIC comes: its threads share the code, and what the runtime has optimised of it. */
function compileOnce(): Promise<WebAssembly.Module> {
  compiled ??= readFile(createRequire(import.meta.url).resolve('libheif-js/libheif-wasm/libheif.wasm')).then(
    (code) => WebAssembly.compile(code),
  );
  return compiled;
}

/**
 * Decodes in a thread, since libheif keeps its own busy for most of a second, and a worker that says nothing for so long is
 * taken for stuck. The thread ends with its picture: memory of WebAssembly never shrinks, and what a hostile file has
 * done to it is gone.
 * @throws {UnreadableImage} when the fault lies with the picture; anything else may work another time
 */
export async function decodeHeic(path: string, maxPixels: number): Promise<HeicPicture> {
  const task: Task = { module: await compileOnce(), path, maxPixels };
  const thread = new Worker(new URL('./thread.ts', import.meta.url), { workerData: task });
  try {
    const answer = await answerOf(thread);
    if ('picture' in answer) return answer.picture;
    if (answer.blame === 'machine') throw new Error(answer.message);
    throw new UnreadableImage(answer.blame, answer.message);
  } finally {
    await thread.terminate();
  }
}

/** Rejects where the thread ends without an answer, as for want of memory. */
async function answerOf(thread: Worker): Promise<Answer> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    const ended = once(thread, 'exit', { signal }).then(([code]) => {
      throw new Error(`the thread of libheif has ended with ${code}`);
    });
    // `once` rejects at an `error` event, which comes before `exit`.
    const [answer] = (await Promise.race([once(thread, 'message', { signal }), ended])) as [Answer];
    ended.catch(() => {
      // Given up below.
    });
    return answer;
  } finally {
    waiting.abort();
  }
}
