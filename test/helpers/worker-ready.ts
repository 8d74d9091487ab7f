import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Resolves when a worker has said something: that is that it is ready. */
export async function ready(worker: ChildProcess): Promise<void> {
  const messages = worker.stdio[3];
  if (!messages) throw new Error('the worker has no channel');
  await once(messages, 'data');
}
