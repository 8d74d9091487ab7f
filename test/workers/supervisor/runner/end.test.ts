import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { newJobId } from '../../../../shared/domain/ids.ts';
import { settledAlone } from '../../../helpers/job-records.ts';
import { rejects } from '../../../helpers/variant-maker.ts';
import { ENDED, fail, type Given, job, OUT_OF_REACH, surroundings } from './surroundings.ts';
import { die, makeNothing } from './verdicts.ts';

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
    ['a bad picture', { work: rejects }],
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
