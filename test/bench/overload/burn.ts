import { Worker } from 'node:worker_threads';

/** Spins in a thread until the process has used so much CPU, again and again. */
const BURNER = `
  const { workerData } = require('node:worker_threads');
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  const begin = performance.now();
  const before = process.cpuUsage();
  const used = () => { const { user, system } = process.cpuUsage(before); return (user + system) / 1000; };
  while (true) {
    while (used() < (performance.now() - begin) * workerData) for (let spin = 0; spin < 1e5; spin++);
    Atomics.wait(nothing, 0, 0, 5);
  }
`;

/** Has this process use so much CPU in all, in cores, until it is disposed of. */
export function burnUpTo(cores: number): AsyncDisposable {
  const burner = new Worker(BURNER, { eval: true, workerData: cores });
  return { [Symbol.asyncDispose]: async () => void (await burner.terminate()) };
}

/** Cores that this process uses while something is done. */
export async function coresUsedBy<T>(work: () => Promise<T>): Promise<{ result: T; cores: number }> {
  const [begin, before] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { result, cores: (user + system) / 1000 / (performance.now() - begin) };
}
