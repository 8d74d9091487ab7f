import type { ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '../../shared/config.ts';
import { SqliteJobStore } from '../../shared/jobs/sqlite/sqlite-job-store.ts';
import { BUILT_IN_PRESETS } from '../../shared/presets/configured-presets.ts';
import { DiskStorage } from '../../shared/storage/disk/disk-storage.ts';
import { KeptRecipes } from '../../workers/supervisor/kept-recipes.ts';
import { prepareLaunch } from '../../workers/supervisor/launcher.ts';
import { Runner } from '../../workers/supervisor/runner.ts';
import { Scratch } from '../../workers/supervisor/scratch.ts';
import { Supervisor } from '../../workers/supervisor/supervisor.ts';
import type { WorkerProcess } from '../../workers/supervisor/worker-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { recordingLog } from '../helpers/recording-log.ts';
import { dataFolder } from '../helpers/service.ts';
import { addWaitingJobs } from './waiting-jobs.ts';

/** One at work beside the spare: the hand-off after a death is for the place that it leaves. */
const WORKERS = 1;

/** Enough that the line is never empty while a spare starts. */
const JOBS_PER_DEATH = 4;

/** Into the run, but long before the end of one of 100 ms. */
const INTO_THE_RUN_MS = 30;

/**
 * Kills workers in the middle of a run, with others waiting and a spare that is ready.
 * @returns milliseconds from each dead worker's `close` until the next run is handed to the spare
 */
export async function handOffsAfterDeath(picture: string, deaths: number): Promise<number[]> {
  const root = await dataFolder();
  const config = readConfig({ BASE_PATH: root, N_WORKERS: String(WORKERS) });
  const store = await SqliteJobStore.open(join(config.basePath, 'darkroom.db'));
  const storage = await DiskStorage.open(root);
  const scratch = await Scratch.open(config.scratchPath);
  const { launch, hasUsers } = await prepareLaunch(scratch, { ...config, hidden: [] });
  if (hasUsers) process.umask(0o022);
  const backlog = await addWaitingJobs(store, root, picture, deaths * JOBS_PER_DEATH);
  const { log, lines } = recordingLog();
  const launched = new Map<number, ChildProcess>();
  const launchAndNote = () => {
    const started = launch();
    const { child } = started;
    if (child.pid !== undefined) launched.set(child.pid, child);
    return started;
  };
  const handOffs = new EventEmitter<{ run: [pid: number, at: number] }>();
  const recipes = new KeptRecipes(store, BUILT_IN_PRESETS.byName);
  const runner = noting(new Runner(store, storage, recipes, config, log), handOffs);
  const supervisor = new Supervisor({ ...config, isShared: false }, launchAndNote, runner, log, () => {});
  supervisor.start(backlog);

  const times: number[] = [];
  while (times.length < deaths) {
    const ready = () => lines.filter(({ msg }) => msg === 'worker ready').length;
    await eventually('a spare', () => ready() > WORKERS + times.length);
    const [pid] = await once(handOffs, 'run');
    await sleep(INTO_THE_RUN_MS);
    const next = once(handOffs, 'run');
    let closedAt = Number.NaN;
    launched.get(pid)?.prependOnceListener('close', () => {
      closedAt = performance.now();
    });
    process.kill(pid, 'SIGKILL');
    const [, at] = await next;
    times.push(at - closedAt);
  }
  supervisor.kill();
  await supervisor.drain(performance.now() + config.drainTimeoutMs);
  await store.close();
  await rm(root, { recursive: true });
  return times;
}

/** The same runner, which tells when it hands a run to a worker. */
function noting(runner: Runner, handOffs: EventEmitter<{ run: [pid: number, at: number] }>): Runner {
  const run: Runner['run'] = (work, worker, idleWorkers, workerFree, signal) => {
    const { pid, decoder, folder } = worker;
    const handOver: WorkerProcess['run'] = (message, deadlineMs) => {
      const verdict = worker.run(message, deadlineMs);
      handOffs.emit('run', pid, performance.now());
      return verdict;
    };
    const noted: Pick<WorkerProcess, 'pid' | 'decoder' | 'folder' | 'run'> = {
      ...{ pid, decoder, folder },
      run: handOver,
    };
    return runner.run(work, noted as WorkerProcess, idleWorkers, workerFree, signal);
  };
  return { run } as Pick<Runner, 'run'> as Runner;
}
