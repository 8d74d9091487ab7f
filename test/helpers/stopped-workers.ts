import type { RunningService } from './service.ts';

/**
 * Stops all workers of a service as they stand, so that a job that is handed over does not move. They beat no more,
 * and after ten seconds they would be taken for hung.
 * @returns lets them go on
 */
export async function stopWorkers(service: RunningService): Promise<() => void> {
  const pids = await service.workerPids();
  if (pids.length === 0) throw new Error('the service has no workers');
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  return () => {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  };
}
