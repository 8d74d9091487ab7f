/**
 * What each layer between a worker and all else costs: the time until a worker is ready, and the pictures that workers make in a
 * second, with one layer more at each step. All steps in turn in one run, on the same files. `npm run bench:layers -- [--rounds 5]
 * [--folder PHOTOS] [--write]`. As root it has the layer of users, too.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { newImageId, newJobId, newRunId } from '../../shared/domain/ids.ts';
import { variantFileName } from '../../shared/domain/image.ts';
import { DEFAULT_PRESET, recipeFor } from '../../shared/domain/preset.ts';
import { WORKER_PROGRAM } from '../../workers/supervisor/program.ts';
import { sandboxCommand } from '../../workers/supervisor/sandbox.ts';
import { Scratch } from '../../workers/supervisor/scratch.ts';
import type { WorkerFolder } from '../../workers/supervisor/worker-folder.ts';
import { WorkerProcess } from '../../workers/supervisor/worker-process.ts';
import {
  BARE_ENVIRONMENT,
  become,
  SETPRIV,
  type WorkerUser,
  WorkerUsers,
} from '../../workers/supervisor/worker-user.ts';
import { familyOf } from '../helpers/processes.ts';
import { recordingLog } from '../helpers/recording-log.ts';
import { dataFolder } from '../helpers/service.ts';
import { pathsIn } from './compare/pictures.ts';
import { cpuMs } from './compare/processes.ts';
import { between, markdownTable } from './markdown.ts';
import { median } from './median.ts';

const { values: given } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    folder: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const ROUNDS = Number(given.rounds);
const WORKERS = availableParallelism();
/** Of each step in each round. */
const STARTS = 5;
const RUNS_A_WORKER = 6;
const DEADLINE_MS = 600_000;
const LIMIT = 4 * 2 ** 30;
const IS_ROOT = process.getuid?.() === 0;

interface Step {
  name: string;
  hasUser: boolean;
  prefix(folder: WorkerFolder, user: WorkerUser | null): string[];
}

const setpriv = (user: WorkerUser | null) => ['setpriv', ...SETPRIV, ...(user ? become(user) : [])];
const prlimit = ['prlimit', `--data=${LIMIT}`, `--fsize=${LIMIT}`];

const STEPS: Step[] = [
  { name: 'none', hasUser: false, prefix: () => [] },
  { name: '+ setpriv: parent-death signal, no_new_privs', hasUser: false, prefix: () => setpriv(null) },
  { name: '+ prlimit: memory, file size', hasUser: false, prefix: () => [...setpriv(null), ...prlimit] },
  ...(IS_ROOT
    ? [
        {
          name: '+ user of its own (the default as root)',
          hasUser: true,
          prefix: (_: WorkerFolder, user: WorkerUser | null) => [...setpriv(user), ...prlimit],
        },
      ]
    : []),
  {
    name: '+ bubblewrap: namespaces (`strict`)',
    hasUser: IS_ROOT,
    prefix: (folder, user) => [...setpriv(user), ...prlimit, ...sandboxCommand(WORKER_PROGRAM, folder)],
  },
];

const root = await dataFolder();
// As in the service: a worker that is another user reads its input.
process.umask(0o022);
const scratch = await Scratch.open(root);
const users = new WorkerUsers();
const { log } = recordingLog();

/** A worker, and what it took until it was ready. */
async function start({ hasUser, prefix }: Step): Promise<Started> {
  const user = hasUser ? users.take() : null;
  const folder = scratch.newFolder(user);
  const flags = process.versions.bun ? [] : ['--initial-heap-size=96'];
  const [file = '', ...args] = [...prefix(folder, user), process.execPath, ...flags, WORKER_PROGRAM.entry];
  const begin = performance.now();
  const child = spawn(file, args, {
    cwd: folder.temporary,
    env: BARE_ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  await once(child, 'spawn');
  const leave = async () => {
    if (user) users.giveBack(user);
    await folder.leave();
  };
  const worker = new WorkerProcess({ child, folder, leave }, log);
  if (!(await worker.ready)) throw new Error(`${file} ${args.join(' ')}: the worker did not become ready`);
  const ms = performance.now() - begin;
  return { worker, ms, cpu: await cpuOf(worker) };
}

/** Milliseconds of CPU, with what stands above it in a sandbox. */
const cpuOf = ({ pid }: WorkerProcess) => cpuMs(familyOf(pid));

async function stop(worker: WorkerProcess): Promise<void> {
  worker.stop();
  await worker.ended;
}

async function toReady(step: Step): Promise<Pick<Round, 'readyMs' | 'readyCpuMs'>> {
  const starts: Started[] = [];
  for (let count = 0; count < STARTS; count++) {
    const started = await start(step);
    starts.push(started);
    await stop(started.worker);
  }
  return { readyMs: median(starts.map(({ ms }) => ms)), readyCpuMs: median(starts.map(({ cpu }) => cpu)) };
}

/** One picture after the other, as a runner has them made, up to what is published. */
async function makeAll(worker: WorkerProcess, pictures: readonly string[]): Promise<void> {
  for (let count = 0; count < RUNS_A_WORKER; count++) {
    const runId = newRunId();
    const paths = await worker.folder.make(runId);
    await copyFile(pictures[count % pictures.length] ?? '', paths.inputPath);
    const ids = { runId, jobId: newJobId(), imageId: newImageId(), requestId: 'bench' };
    const settings = {
      format: 'jpeg',
      maxPixels: 50_000_000,
      encodesAtOnce: 1,
      watermarkPath: null,
    } as const;
    const recipe = recipeFor(DEFAULT_PRESET, null);
    const verdict = await worker.run({ type: 'run', ...ids, ...settings, recipe, ...paths }, DEADLINE_MS);
    if (verdict.kind !== 'result' || verdict.result.outcome !== 'succeeded')
      throw new Error(JSON.stringify(verdict));
    await worker.folder.take(runId, verdict.result.outputs.map(variantFileName));
    await worker.folder.remove(runId);
  }
}

/** Pictures a second, of as many workers as there are cores, and the CPU of one. */
async function throughput(step: Step, pictures: readonly string[]): Promise<Pick<Round, 'rate' | 'cpuMs'>> {
  const started = await Promise.all(Array.from({ length: WORKERS }, () => start(step)));
  const workers = started.map(({ worker }) => worker);
  const begin = performance.now();
  await Promise.all(workers.map((worker) => makeAll(worker, pictures)));
  const seconds = (performance.now() - begin) / 1000;
  const used = (await Promise.all(workers.map(cpuOf))).map((cpu, index) => cpu - (started[index]?.cpu ?? 0));
  await Promise.all(workers.map(stop));
  const runs = WORKERS * RUNS_A_WORKER;
  return { rate: runs / seconds, cpuMs: used.reduce((sum, it) => sum + it, 0) / runs };
}

interface Started {
  worker: WorkerProcess;
  ms: number;
  cpu: number;
}

interface Round {
  readyMs: number;
  readyCpuMs: number;
  rate: number;
  cpuMs: number;
}

const pictures = await pathsIn(given.folder);
const all = new Map<Step, Round[]>(STEPS.map((step) => [step, []]));
for (let round = 0; round < ROUNDS; round++) {
  // There and back, so that a machine that grows slower is so for all.
  for (const step of round % 2 === 0 ? STEPS : STEPS.toReversed()) {
    all.get(step)?.push({ ...(await throughput(step, pictures)), ...(await toReady(step)) });
  }
  process.stdout.write(`round ${round + 1} of ${ROUNDS}\n`);
}
await rm(root, { recursive: true });

const none = [...all.values()][0] ?? [];
const rows = [...all].map(([{ name }, rounds]) => {
  const of = (key: keyof Round) => median(rounds.map((it) => it[key]));
  const ratio = (key: keyof Round) =>
    median(rounds.map((it, round) => it[key] / (none[round]?.[key] ?? Number.NaN)));
  const both = (key: keyof Round, digits: number) => [of(key).toFixed(digits), ratio(key).toFixed(2)];
  return [name, ...both('readyMs', 0), ...both('readyCpuMs', 0), ...both('rate', 1), ...both('cpuMs', 0)];
});
const heads = ['ms until ready', 'CPU ms of it', 'pictures/s', 'CPU ms a picture'];
const table = markdownTable(['layers', ...heads.flatMap((head) => [head, 'of none'])], rows);
const runtime = process.versions.bun ? `Bun ${process.versions.bun}` : `Node ${process.versions.node}`;
const about =
  `${new Date().toISOString().slice(0, 10)}, ${WORKERS} cores (${cpus()[0]?.model ?? 'unknown'}), ${runtime}; ` +
  `medians of ${ROUNDS} rounds, ratios within a round.`;
process.stdout.write(`${table}\n\n${about}\n`);
if (given.write) {
  const document = new URL('./README.md', import.meta.url);
  await writeFile(document, between(await readFile(document, 'utf8'), 'layers', `${table}\n\n${about}`));
}
