import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../shared/config.ts';
import { newImageId, newJobId, newRunId } from '../../shared/domain/ids.ts';
import { InputFormat, OutputFormat } from '../../shared/domain/image.ts';
import type { Isolation } from '../../shared/domain/isolation.ts';
import { Preset, recipeFor } from '../../shared/domain/preset.ts';
import type { Decoder } from '../../shared/domain/quarantine.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { prepareLaunch } from '../../workers/supervisor/launcher.ts';
import type { WorkerProgram } from '../../workers/supervisor/program.ts';
import { Scratch } from '../../workers/supervisor/scratch.ts';
import { WorkerProcess } from '../../workers/supervisor/worker-process.ts';

const RUN_MS = 20_000;

/** Each output format, of a picture that fits into it as it is. */
const RECIPE = recipeFor(
  Preset.parse({
    name: 'trial',
    sizes: [{ name: 'whole', width: 16, height: 16, fit: 'inside' }],
    outputs: OutputFormat.options.map((format) => ({ format })),
  }),
  null,
);

/** What came of a worker that was tried. */
export interface Trial {
  isolation: Isolation;
  /** Why workers are root as the service is; null where they are not. */
  whyRoot: string | null;
  /** Null: it was never ready. */
  decoder: Decoder | null;
  /** The formats that it could not read, and why. */
  unread: { format: InputFormat; why: string }[];
  /** The formats that it has written. */
  written: OutputFormat[];
}

/**
 * Starts a worker as the service would, has it make a picture of each format, and ends it.
 * @param parent in which it gets a scratch of its own, that is removed
 * @param samples a picture of each format, in base64
 * @param log told what it says before it ends
 * @throws {SandboxUnavailable}
 */
export async function tryWorker(
  config: Config,
  parent: string,
  samples: Record<InputFormat, string>,
  log: Logger,
  program?: WorkerProgram,
): Promise<Trial> {
  // Named as a folder of a worker: what a doctor that was killed leaves, the next start of the service removes.
  const root = join(parent, randomUUID());
  await mkdir(root);
  await chmod(root, 0o711);
  try {
    const scratch = await Scratch.open(root);
    const { launch, isolation, whyRoot } = await prepareLaunch(
      scratch,
      { ...config, hidden: hiddenOf(config) },
      program,
    );
    const worker = new WorkerProcess(launch(), log);
    const isReady = await worker.ready;
    const made = isReady ? await makeAll(worker, samples, config.maxPixels) : { unread: [], written: [] };
    const decoder = isReady ? worker.decoder : null;
    worker.retire();
    await worker.ended;
    return { isolation, whyRoot, decoder, ...made };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** What a start of the service hides from its workers. */
const hiddenOf = ({ basePath, database, storage }: Config): string[] => [
  ...(database.kind === 'sqlite' ? [database.path] : []),
  join(storage.kind === 'disk' ? storage.path : basePath, 'spool'),
];

async function makeAll(
  worker: WorkerProcess,
  samples: Record<InputFormat, string>,
  maxPixels: number,
): Promise<Pick<Trial, 'unread' | 'written'>> {
  const unread: Trial['unread'] = [];
  const written = new Set<OutputFormat>();
  for (const format of InputFormat.options) {
    const outcome = await make(worker, format, Buffer.from(samples[format], 'base64'), maxPixels);
    if (typeof outcome === 'string') unread.push({ format, why: outcome });
    else for (const each of outcome) written.add(each);
  }
  return { unread, written: [...written] };
}

/** @returns the formats that were made of it, or why none was */
async function make(
  worker: WorkerProcess,
  format: InputFormat,
  bytes: Buffer,
  maxPixels: number,
): Promise<OutputFormat[] | string> {
  const runId = newRunId();
  try {
    const paths = await worker.folder.make(runId);
    await writeFile(paths.inputPath, bytes);
    // To whatever user the worker is.
    await chmod(paths.inputPath, 0o444);
    const ids = { runId, jobId: newJobId(), imageId: newImageId(), requestId: 'doctor' };
    const about = { format, recipe: RECIPE, watermarkPath: null, maxPixels, encodesAtOnce: 1 };
    const verdict = await worker.run({ type: 'run', ...ids, ...about, ...paths }, RUN_MS);
    if (verdict.kind === 'ended') return `the worker ended: ${JSON.stringify(verdict.end)}`;
    if (verdict.result.outcome !== 'succeeded') return verdict.result.detail;
    await worker.folder.take(runId, []);
    return verdict.result.outputs.map((output) => output.format);
  } finally {
    await worker.folder.remove(runId);
  }
}
