import { EventEmitter, once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { Launch } from '../../../../workers/supervisor/launcher.ts';
import { WorkerPool } from '../../../../workers/supervisor/pool.ts';
import { recordingLog } from '../../../helpers/recording-log.ts';

export const NEVER_WORN = { workerMaxRuns: 1_000_000, workerMaxRssBytes: 2 ** 40 };

/** A pool of real processes; none is left when the test has finished. */
export function poolOf(size: number, launch: Launch, wear = NEVER_WORN) {
  const events = new EventEmitter();
  const { log, lines, said } = recordingLog();
  const pool = new WorkerPool(size, wear, launch, log, {
    ready: () => events.emit('ready'),
    breakerOpened: () => events.emit('breaker'),
  });
  onTestFinished(() => pool.stop());
  const idle = async (count: number) => {
    while (pool.idleCount !== count) await once(events, 'ready');
  };
  const pids = () =>
    lines.filter((line) => line.msg === 'worker ready').map((line) => Number(line.workerPid));
  return { pool, lines, said, events, idle, pids };
}

export function take(pool: WorkerPool) {
  const worker = pool.take();
  if (!worker) throw new Error('no worker is idle');
  return worker;
}
