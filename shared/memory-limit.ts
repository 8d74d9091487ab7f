import { totalmem } from 'node:os';

const MIB = 1024 * 1024;

/** What the service's own process takes, with uploads under way. */
const SERVICE_BYTES = 256 * MIB;

/** What a worker keeps between two runs; one more than may run at once stands by. */
const IDLE_WORKER_BYTES = 96 * MIB;

/** Enough for any photo of a phone, one at a time. */
const LEAST_FOR_PICTURES = 128 * MIB;

/** Of a machine that the service has not to itself. */
const SHARE_OF_MACHINE = 0.75;

/** The memory that all processes of the service may have together, in bytes: the limit of the cgroup, or most of the machine. */
export function memoryLimit(constrained = process.constrainedMemory(), total = totalmem()): number {
  return constrained > 0 && constrained < total ? constrained : total * SHARE_OF_MACHINE;
}

/** What of that is left for pictures, beside the service and its workers. */
export function memoryForPictures(workers: number, limit: number): number {
  const left = limit - SERVICE_BYTES - (workers + 1) * IDLE_WORKER_BYTES;
  return Math.floor(Math.max(LEAST_FOR_PICTURES, left));
}

/** Node and Bun reserve so much, most of which they never use; with less they fail at large pictures. */
const LEAST_WORKER_DATA = (process.versions.bun ? 3072 : 2048) * MIB;
const MOST_WORKER_DATA = 4096 * MIB;

/** What one worker may have at the most before its decoder is told that there is no more. */
export function memoryOfWorker(workers: number, limit: number): number {
  const alone = limit - SERVICE_BYTES - workers * IDLE_WORKER_BYTES;
  return Math.floor(Math.min(MOST_WORKER_DATA, Math.max(LEAST_WORKER_DATA, alone)));
}

/** For how many workers there is memory. */
export function workersFor(limit: number): number {
  const forWorkers = limit - SERVICE_BYTES - LEAST_FOR_PICTURES;
  return Math.max(1, Math.floor(forWorkers / IDLE_WORKER_BYTES) - 1);
}
