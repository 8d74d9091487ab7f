import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newJobId, type RunId } from '../../../shared/domain/ids.ts';
import { type OutputFormat, variantFileName } from '../../../shared/domain/image.ts';
import { DEFAULT_PRESET, recipeFor } from '../../../shared/domain/preset.ts';
import { StoreError } from '../../../shared/errors.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import type { RunEnd, RunHistory, SettledRun, Work } from '../../../shared/jobs/records.ts';
import type { ReportedOutput, RunMessage, RunResult } from '../../../shared/protocol.ts';
import type { ImageStorage } from '../../../shared/storage/image-storage.ts';
import type { RunVerdict } from '../../../workers/supervisor/current-run.ts';
import type { KeptRecipes, RunRecipe } from '../../../workers/supervisor/kept-recipes.ts';
import { Runner } from '../../../workers/supervisor/runner.ts';
import { Scratch } from '../../../workers/supervisor/scratch.ts';
import type { WorkerEnd } from '../../../workers/supervisor/worker-end.ts';
import type { WorkerProcess } from '../../../workers/supervisor/worker-process.ts';
import { DESCRIPTION, newUpload, settledAlone, sha256Of } from '../../helpers/job-records.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { recordingLog } from '../../helpers/recording-log.ts';
import { tinyPicture } from '../../helpers/tiny-picture.ts';

/** One of those that workers are where the service is root. */
const USER = { uid: 60_706, gid: 60_706 };

const LIMITS = { jobTimeoutMs: 5_000, maxAttempts: 2, maxPixels: 1_000_000 };
const OUT_OF_REACH = new StoreError('storage_unavailable', 'the store is out of reach');

/** What one part of the surroundings does instead of what it should; the rest goes well. */
interface Given {
  /** While the start is recorded. */
  meanwhile?: (worker: Pick<WorkerProcess, 'folder'>) => Promise<void>;
  startRun?: () => RunHistory | null;
  stageOriginal?: () => boolean;
  work?: (message: RunMessage) => Promise<RunVerdict> | RunVerdict;
  recipe?: () => Partial<RunRecipe>;
  publish?: () => void;
  finishRun?: () => SettledRun | null;
  publishedAmong?: (runs: RunId[]) => RunId[];
}

const { image, job } = newUpload();
const ENDED = { kind: 'ended', jobs: [job.id], promoted: null };
const RECIPE = recipeFor(DEFAULT_PRESET, null);
/** Not that of the recipe: what it was kept under is what its set is published under. */
const DIGEST = sha256Of('the recipe');
const WORK: Work = {
  jobId: job.id,
  imageId: image.id,
  tenant: image.tenant,
  memoryBytes: 0,
  preset: 'default',
  requestId: 'r-1',
  format: 'png',
  recipeDigest: DIGEST,
  isSuspect: false,
  isBatch: false,
};

/** One run among things that write down what is asked of them. */
async function surroundings(given: Given = {}) {
  const calls: string[] = [];
  const ends: RunEnd[] = [];
  const messages: RunMessage[] = [];
  const folder = await ownFolder();
  const { log, lines, said } = recordingLog();
  const store: Partial<JobStore> = {
    async startRun() {
      calls.push('startRun');
      await given.meanwhile?.(worker);
      return given.startRun ? given.startRun() : { outcomes: {}, decoderDeaths: 0 };
    },
    async finishRun(end) {
      calls.push('finishRun');
      ends.push(end);
      return given.finishRun ? given.finishRun() : settledAlone(end.published !== null);
    },
    async publishedAmong(runs) {
      return given.publishedAmong?.(runs) ?? [];
    },
  };
  const recipes: Pick<KeptRecipes, 'of'> = {
    async of(work) {
      expect(work).toBe(WORK);
      return { recipe: RECIPE, digest: DIGEST, watermark: null, ...given.recipe?.() };
    },
  };
  const storage: Partial<ImageStorage> = {
    async stageOriginal(_, path) {
      calls.push('stageOriginal');
      await writeFile(path, 'the original');
      return given.stageOriginal?.() ?? true;
    },
    async publish(_, write) {
      calls.push('publish');
      given.publish?.();
      return write(async () => ({ write: async () => {} }));
    },
    async removePublished(run) {
      calls.push(`removePublished ${run}`);
    },
  };
  const worker: Pick<WorkerProcess, 'pid' | 'folder' | 'run'> = {
    pid: 42,
    folder: (await Scratch.open(folder)).newFolder(process.getuid?.() === 0 ? USER : null),
    async run(message) {
      calls.push('work');
      messages.push(message);
      return (given.work ?? makeAll)(message);
    },
  };
  const runner = new Runner(store as JobStore, storage as ImageStorage, recipes as KeptRecipes, LIMITS, log);
  const ending = new AbortController();
  const run = () =>
    runner.run(WORK, worker as WorkerProcess, 0, () => void calls.push('free'), ending.signal);
  return { run, calls, ends, messages, folder: worker.folder.path, root: folder, lines, said, ending };
}

const result = (runId: RunMessage['runId'], outputs: ReportedOutput[]): RunResult => ({
  type: 'result',
  runId,
  outcome: 'succeeded',
  pipelineVersion: 7,
  outputs,
  description: DESCRIPTION,
  privacy: { found: [] },
  steps: [],
  rssBytes: 1_000,
  peakRssBytes: 2_000,
});

/** As a worker should: it writes what the preset asks for, and reports it. */
async function makeAll({ runId, outputPath, recipe }: RunMessage): Promise<RunVerdict> {
  const outputs: ReportedOutput[] = [];
  for (const { name } of recipe.preset.sizes) {
    for (const { format } of recipe.preset.outputs) {
      await writeFile(join(outputPath, variantFileName({ name, format })), picture(name, format));
      outputs.push(output(name, format));
    }
  }
  return { kind: 'result', result: result(runId, outputs) };
}

const SIZE = { width: 10, height: 10 };

const picture = (name: string, format: OutputFormat): Buffer => tinyPicture(format, SIZE, name);

const output = (name: string, format: OutputFormat): ReportedOutput => ({
  name,
  format,
  ...SIZE,
  bytes: picture(name, format).length,
  frames: 1,
});

const makeNothing = async ({ runId }: RunMessage): Promise<RunVerdict> => {
  const outputs = DEFAULT_PRESET.sizes.flatMap(({ name }) =>
    DEFAULT_PRESET.outputs.map(({ format }) => output(name, format)),
  );
  return { kind: 'result', result: result(runId, outputs) };
};

/** Each JPEG has a comment of no text behind its first two bytes, and the WebPs are as they should be. */
async function leaveComments(message: RunMessage): Promise<RunVerdict> {
  const { preset } = message.recipe;
  const outputs: ReportedOutput[] = [];
  for (const { name } of preset.sizes) {
    for (const { format } of preset.outputs) {
      const good = picture(name, format);
      const comment = Buffer.from(format === 'jpeg' ? [0xff, 0xfe, 0, 2] : []);
      const bytes = Buffer.concat([good.subarray(0, 2), comment, good.subarray(2)]);
      await writeFile(join(message.outputPath, variantFileName({ name, format })), bytes);
      outputs.push({ ...output(name, format), bytes: bytes.length });
    }
  }
  return { kind: 'result', result: result(message.runId, outputs) };
}

const die = (): RunVerdict => ({
  kind: 'ended',
  end: { exitCode: null, signal: 'SIGSEGV', killedFor: null },
});

const reject = ({ runId }: RunMessage): RunVerdict => ({
  kind: 'result',
  result: {
    type: 'result',
    runId,
    outcome: 'rejected',
    failure: 'image_unreadable',
    detail: 'what libvips says',
    steps: [],
    rssBytes: 1_000,
    peakRssBytes: 2_000,
  },
});

const fail = (error: Error) => () => {
  throw error;
};

describe('a run that succeeds', () => {
  test('is settled once, with the manifest of what was published', async () => {
    const { run, calls, ends, messages, lines } = await surroundings();
    expect(await run()).toEqual(ENDED);
    expect(calls).toEqual(['startRun', 'stageOriginal', 'work', 'free', 'publish', 'finishRun']);
    expect(ends).toEqual([
      {
        runId: messages[0]?.runId,
        jobId: WORK.jobId,
        at: expect.any(Number),
        outcome: 'succeeded',
        failure: null,
        signal: null,
        exitCode: null,
        peakRssBytes: 2_000,
        next: 'succeeded',
        retryInMs: 0,
        published: {
          recipeDigest: DIGEST,
          manifest: {
            pipelineVersion: 7,
            variants: DEFAULT_PRESET.sizes.flatMap(({ name }) =>
              DEFAULT_PRESET.outputs.map(({ format }) => ({
                ...output(name, format),
                sha256: sha256Of(picture(name, format)),
              })),
            ),
            description: DESCRIPTION,
            privacy: { found: [], removed: [] },
          },
        },
      },
    ]);
    expect(lines.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  test('hands its worker the ids of the job, its limits, and a folder of its own', async () => {
    const { run, messages, folder } = await surroundings();
    await run();
    const [message] = messages;
    expect(message).toEqual({
      type: 'run',
      runId: expect.any(String),
      jobId: WORK.jobId,
      imageId: WORK.imageId,
      requestId: 'r-1',
      format: 'png',
      recipe: RECIPE,
      watermarkPath: null,
      encodesAtOnce: 1,
      maxPixels: LIMITS.maxPixels,
      inputPath: join(folder, 'in', message?.runId ?? '', 'input'),
      outputPath: join(folder, 'out'),
    });
  });
});

test('a watermark lies beside the input of the run, and may only be read', async () => {
  const seen: { name: string; bytes: Buffer; mode: number }[] = [];
  const { run } = await surroundings({
    recipe: () => ({ watermark: Buffer.from('a logo') }),
    async work(message) {
      const path = message.watermarkPath ?? '';
      expect(dirname(path)).toBe(dirname(message.inputPath));
      seen.push({ name: basename(path), bytes: await readFile(path), mode: (await stat(path)).mode & 0o777 });
      return makeAll(message);
    },
  });
  expect(await run()).toEqual(ENDED);
  expect(seen).toEqual([{ name: 'watermark.png', bytes: Buffer.from('a logo'), mode: 0o444 }]);
});

describe('a run that comes to nothing', () => {
  test('is none where its job is not queued any more: its worker is asked for nothing', async () => {
    const { run, calls } = await surroundings({ startRun: () => null });
    expect(await run()).toEqual(ENDED);
    expect(calls).toEqual(['startRun', 'free']);
  });

  test('comes again when its start could not be recorded', async () => {
    const { run, calls, said } = await surroundings({ startRun: fail(OUT_OF_REACH) });
    expect(await run()).toEqual({ kind: 'again', inMs: 1_000, isSuspect: false });
    expect(calls).toEqual(['startRun', 'free']);
    expect(await said('run could not be recorded')).toMatchObject({ level: 'error', jobId: WORK.jobId });
  });

  test('has its place where its worker ends before it is told of it, and leaves nothing there', async () => {
    const killed: WorkerEnd = { exitCode: null, signal: 'SIGKILL', killedFor: 'not-ready' };
    const seen: string[] = [];
    const { run, ends, lines, root } = await surroundings({
      meanwhile: ({ folder }) => folder.leave(),
      work: async ({ outputPath }) => {
        seen.push(...(await readdir(dirname(outputPath))).sort());
        return { kind: 'ended', end: killed };
      },
    });
    await run();
    expect(seen).toEqual(['in', 'out', 'taken', 'tmp']);
    expect(ends).toEqual([expect.objectContaining({ outcome: 'interrupted', next: 'queued' })]);
    expect(lines.filter(({ level }) => level !== 'info')).toEqual([]);
    expect(await readdir(root)).toEqual([]);
  });

  const failures: [string, Given, Partial<RunEnd>][] = [
    [
      'the original is missing: for good',
      { stageOriginal: () => false },
      { outcome: 'rejected', failure: 'original_missing', next: 'failed' },
    ],
    [
      'the original cannot be staged',
      { stageOriginal: fail(OUT_OF_REACH) },
      { outcome: 'errored', failure: 'storage_error', next: 'queued' },
    ],
    [
      'its recipe cannot be read',
      { recipe: fail(OUT_OF_REACH) },
      { outcome: 'errored', failure: 'storage_error', next: 'queued' },
    ],
    [
      'the worker reports what it has not written',
      { work: makeNothing },
      { outcome: 'errored', failure: 'protocol_error', next: 'queued', peakRssBytes: null },
    ],
    [
      'an output would tell more than its picture',
      { work: leaveComments },
      { outcome: 'errored', failure: 'metadata_left', next: 'queued', peakRssBytes: null },
    ],
    [
      'the outputs cannot be published',
      { publish: fail(OUT_OF_REACH) },
      { outcome: 'errored', failure: 'storage_error', next: 'queued' },
    ],
    [
      'the worker cannot read the picture: for good',
      { work: reject },
      { outcome: 'rejected', failure: 'image_unreadable', next: 'failed', peakRssBytes: 2_000 },
    ],
    [
      'the worker dies',
      { work: die },
      { outcome: 'crashed', failure: 'worker_crashed', next: 'queued', signal: 'SIGSEGV' },
    ],
    [
      'the worker dies once more: for good',
      { work: die, startRun: () => ({ outcomes: { crashed: 1 }, decoderDeaths: 0 }) },
      { outcome: 'crashed', failure: 'worker_crashed', next: 'failed', signal: 'SIGSEGV' },
    ],
    [
      'something goes wrong for the last time that is allowed',
      { publish: fail(OUT_OF_REACH), startRun: () => ({ outcomes: { errored: 19 }, decoderDeaths: 0 }) },
      { outcome: 'errored', failure: 'storage_error', next: 'failed' },
    ],
  ];

  test.each(failures)('is recorded as such where %s', async (_, given, end) => {
    const { run, ends, calls } = await surroundings(given);
    const aftermath = await run();
    expect(ends).toEqual([expect.objectContaining({ ...end, jobId: WORK.jobId, published: null })]);
    expect(aftermath.kind).toBe(end.next === 'queued' ? 'again' : 'ended');
    expect(calls.filter((call) => call.startsWith('removePublished'))).toEqual([]);
  });

  test('is not handed to a worker where there is nothing to hand over', async () => {
    const { run, calls } = await surroundings({ stageOriginal: () => false });
    await run();
    expect(calls).not.toContain('work');
  });
});

describe('a run that was given up while it ran', () => {
  test('leaves nothing of what it has published', async () => {
    const { run, calls, messages } = await surroundings({ finishRun: () => null });
    expect(await run()).toEqual(ENDED);
    expect(calls.slice(-2)).toEqual(['finishRun', `removePublished ${messages[0]?.runId}`]);
  });

  test('leaves nothing either when its image has the set of an earlier run', async () => {
    const { run, calls, messages } = await surroundings({ finishRun: () => settledAlone(false) });
    expect(await run()).toEqual(ENDED);
    expect(calls.slice(-2)).toEqual(['finishRun', `removePublished ${messages[0]?.runId}`]);
  });

  test('is not tried again', async () => {
    const { run, calls } = await surroundings({ work: die, finishRun: () => null });
    expect(await run()).toEqual(ENDED);
    expect(calls.at(-1)).toBe('finishRun');
  });
});

describe('the end of a run', () => {
  test('is that of all jobs that share it', async () => {
    const followers = [newJobId(), newJobId()];
    const { run } = await surroundings({ finishRun: () => ({ ...settledAlone(true), followers }) });
    expect(await run()).toEqual({ ...ENDED, jobs: [job.id, ...followers] });
  });

  test('is insisted on while the store is out of reach', async () => {
    let failures = 0;
    const { run, ends, calls } = await surroundings({
      finishRun: () => (++failures > 2 ? settledAlone(true) : fail(OUT_OF_REACH)()),
    });
    expect(await run()).toEqual(ENDED);
    expect(ends).toHaveLength(3);
    expect(new Set(ends).size, 'the same end each time').toBe(1);
    expect(calls.filter((call) => call === 'publish')).toHaveLength(1);
    expect(calls.at(-1)).toBe('finishRun');
  });

  test('that was recorded, and of which only the answer was lost, counts: what was published stays', async () => {
    let failures = 0;
    let questions = 0;
    const { run, calls, lines } = await surroundings({
      finishRun: () => (++failures > 1 ? null : fail(OUT_OF_REACH)()),
      publishedAmong: (runs) => (++questions > 1 ? runs : fail(OUT_OF_REACH)()),
    });
    expect(await run()).toEqual(ENDED);
    expect(calls.filter((call) => call.startsWith('removePublished'))).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ msg: 'run settled', status: 'succeeded' });
  });

  test('is left to the next boot when the service ends, with what was published', async () => {
    const { run, calls, lines, said, ending } = await surroundings({ finishRun: fail(OUT_OF_REACH) });
    const running = run();
    await said('the end of a run could not be recorded');
    ending.abort();
    expect(await running).toEqual({ ...ENDED, jobs: [] });
    expect(calls.slice(4)).toEqual(['publish', 'finishRun', 'finishRun']);
    expect(lines.map(({ msg }) => msg)).not.toContain('run settled');
  });

  test('that the store refuses is not insisted on', async () => {
    const { run, ends } = await surroundings({ finishRun: fail(new TypeError('a fault of ours')) });
    expect(await run()).toEqual({ kind: 'again', inMs: 1_000, isSuspect: false });
    expect(ends).toHaveLength(1);
  });
});

describe('whatever becomes of a run', () => {
  const paths: [string, Given][] = [
    ['success', {}],
    ['no job any more', { startRun: () => null }],
    ['a start that is not recorded', { startRun: fail(OUT_OF_REACH) }],
    ['no original', { stageOriginal: () => false }],
    ['an original that cannot be staged', { stageOriginal: fail(OUT_OF_REACH) }],
    ['a recipe that cannot be read', { recipe: fail(OUT_OF_REACH) }],
    ['a watermark', { recipe: () => ({ watermark: Buffer.from('a logo') }) }],
    ['a bad picture', { work: reject }],
    ['a death', { work: die }],
    ['a worker that throws', { work: fail(new TypeError('a fault of ours')) }],
    ['bad outputs', { work: makeNothing }],
    ['outputs that cannot be published', { publish: fail(OUT_OF_REACH) }],
    ['an end that does not count', { finishRun: () => null }],
    ['an end that is refused', { finishRun: fail(new TypeError('a fault of ours')) }],
  ];

  test.each(paths)(
    'its worker is free once, before anything is published, and nothing of it is left: %s',
    async (_, given) => {
      const { run, calls, folder } = await surroundings(given);
      await run();
      expect(calls.filter((call) => call === 'free')).toHaveLength(1);
      if (calls.includes('publish')) expect(calls.indexOf('free')).toBeLessThan(calls.indexOf('publish'));
      if (calls.includes('work')) expect(calls.indexOf('work')).toBeLessThan(calls.indexOf('free'));
      expect((await readdir(folder, { recursive: true })).sort()).toEqual(['in', 'out', 'taken', 'tmp']);
    },
  );
});
