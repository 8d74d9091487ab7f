import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WORKER_PROGRAM, type WorkerProgram } from '../../workers/supervisor/program.ts';

const TESTS = fileURLToPath(new URL('../', import.meta.url));

/** A program of the tests in place of the workers' own, which stands in {@link standingPlace} and keeps notes there. */
export const testProgram = (entry: string, basePath: string): WorkerProgram => ({
  entry,
  code: [...WORKER_PROGRAM.code, TESTS],
  shared: join(basePath, 'scratch', 'idle'),
});
