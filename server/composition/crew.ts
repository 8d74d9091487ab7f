import type { Config } from '../../shared/config.ts';
import type { Subscription } from '../../shared/domain/webhook.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { PresetsByName } from '../../shared/presets/configured-presets.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { KeptRecipes } from '../../workers/supervisor/kept-recipes.ts';
import { prepareLaunch } from '../../workers/supervisor/launcher.ts';
import type { WorkerProgram } from '../../workers/supervisor/program.ts';
import { type RunListener, Runner } from '../../workers/supervisor/runner.ts';
import { Scratch } from '../../workers/supervisor/scratch.ts';
import { Supervisor } from '../../workers/supervisor/supervisor.ts';
import type { WorkersView } from './node.ts';

const WORKERS_ARE_ROOT =
  'workers run as root: let other users read the code and pass to SCRATCH_PATH, or start the service as another user';

/** What every node is told when it is made. */
export interface NodeOptions {
  config: Config;
  presets: PresetsByName;
  /** Whether there are several tenants. */
  isShared: boolean;
  /** Who is to be told of what changes. */
  endpoints: () => readonly Subscription[];
  log: Logger;
  /** Workers die at boot and nothing more is started: somebody must act. */
  breakerOpened(): void;
  /** What workers run instead of their own, for tests of what workers may do wrong. */
  workerProgram: WorkerProgram | undefined;
}

export function openScratch({ scratchPath }: Config, log: Logger): Promise<Scratch> {
  return Scratch.open(scratchPath, (folder, why) =>
    log.warn(
      { folder, err: why },
      'what an earlier worker has left could not be removed: the next start tries again',
    ),
  );
}

/**
 * Gets the workers of a node ready to be started.
 * @param hidden paths of the service that no worker in a sandbox may see
 * @param told of what the runs have come to
 */
export async function hireCrew(
  { config, presets, isShared, log, breakerOpened, workerProgram }: NodeOptions,
  store: JobStore,
  storage: ImageStorage,
  scratch: Scratch,
  hidden: readonly string[],
  told: RunListener,
): Promise<{ supervisor: Supervisor; workers: WorkersView }> {
  const launching = await prepareLaunch(scratch, { ...config, hidden }, workerProgram);
  const { launch, isolation, hasUsers, whyRoot } = launching;
  if (whyRoot !== null) log.warn({ why: whyRoot }, WORKERS_ARE_ROOT);
  // A run's input is a link to its original, which has to be readable to the worker.
  if (hasUsers) process.umask(0o022);
  const runner = new Runner(store, storage, new KeptRecipes(store, presets), config, log, told);
  const supervisor = new Supervisor({ ...config, isShared }, launch, runner, log, breakerOpened);
  return {
    supervisor,
    workers: {
      counts: () => supervisor.workers,
      states: () => supervisor.states,
      isBreakerOpen: () => supervisor.isBreakerOpen,
      rssBytes: () => supervisor.rssBytes,
      isolation,
    },
  };
}
