import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { newImageId, newJobId, newRunId } from '../../shared/domain/ids.ts';
import { DEFAULT_PRESET, recipeFor } from '../../shared/domain/preset.ts';
import type { RunMessage } from '../../shared/protocol.ts';
import { type Launch, type Launching, prepareLaunch } from '../../workers/supervisor/launcher.ts';
import { WORKER_PROGRAM, type WorkerProgram } from '../../workers/supervisor/program.ts';
import { Scratch } from '../../workers/supervisor/scratch.ts';
import { WorkerProcess } from '../../workers/supervisor/worker-process.ts';
import { type RecordingLog, recordingLog } from './recording-log.ts';

/** A little more than Node needs to start. */
export const MAX_DATA_BYTES = 800 * 2 ** 20;

export const fixturePath = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/workers/${name}.ts`, import.meta.url));

/** Such a program, as a service takes it. */
export const fixtureProgram = (name: string, shared: string | null = null): WorkerProgram => ({
  ...WORKER_PROGRAM,
  entry: fixturePath(name),
  shared,
});

/** Finds out how workers are started whose scratch is a folder. */
export const launchingIn = async (folder: string, program?: WorkerProgram): Promise<Launching> =>
  prepareLaunch(
    await Scratch.open(folder),
    { workerSandbox: 'default', workerMaxDataBytes: MAX_DATA_BYTES, hidden: [] },
    program,
  );

/** As a service does, it is found out once how workers are started. */
const launches = new Map<string, Promise<Launch>>();

/** Starts the worker programs of test/fixtures/workers just as the service starts its own. */
export function launchOf(fixture: string): Promise<Launch> {
  const known = launches.get(fixture) ?? findLaunch(fixture);
  launches.set(fixture, known);
  return known;
}

async function findLaunch(fixture: string): Promise<Launch> {
  // Their folders are in one of all tests, as one of this test would be gone before the next.
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-test-'));
  await chmod(folder, 0o711);
  return (await launchingIn(folder, fixtureProgram(fixture))).launch;
}

/** A worker process that runs a fixture and is ready for a run; it is gone when the test has finished. */
export async function startWorker(fixture: string): Promise<{ worker: WorkerProcess } & RecordingLog> {
  const recording = recordingLog();
  const worker = new WorkerProcess((await launchOf(fixture))(), recording.log);
  onTestFinished(async () => {
    worker.kill('drain');
    await worker.ended;
  });
  await worker.ready;
  return { worker, ...recording };
}

/** The deadline of a run that takes less than any test may. */
export const NO_DEADLINE_MS = 25_000;

export const newRun = (): RunMessage => ({
  type: 'run',
  runId: newRunId(),
  jobId: newJobId(),
  imageId: newImageId(),
  requestId: 'request-1',
  inputPath: '/nowhere/input',
  outputPath: '/nowhere/out',
  format: 'jpeg',
  recipe: recipeFor(DEFAULT_PRESET, null),
  watermarkPath: null,
  encodesAtOnce: 1,
  maxPixels: 1_000_000,
});
