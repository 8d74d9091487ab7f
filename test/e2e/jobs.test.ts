import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { imagePath } from '../../testdata/expected.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { PROFILE } from '../helpers/profile.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { type Accepted, endOf, upload } from '../helpers/upload.ts';

const Page = z.object({
  jobs: z.array(z.looseObject({ imageId: z.string(), status: z.string(), createdAt: z.iso.datetime() })),
  next: z.string().nullable(),
});

let service: RunningService;
/** In the order of their uploads: five good ones, and one that fails. */
const uploads: Accepted[] = [];
beforeAll(async () => {
  service = await startService();
  for (let n = 0; n < 5; n++) uploads.push(await upload(service, imagePath('tiny_1x1.png')));
  uploads.push(await upload(service, imagePath('truncated.png')));
  for (const each of uploads) await endOf(service, each);
});
afterAll(() => service[Symbol.asyncDispose]());

const pageOf = async (query: string) => Page.parse(await (await service.fetch(`/jobs?${query}`)).json());
const newestFirst = () => uploads.map(({ id }) => id).toReversed();

describe('a job', () => {
  it('has its state, its image, and the runs that it took', async () => {
    const [accepted] = uploads;
    const answer = await service.fetch(accepted?.links.job ?? '');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({
      id: accepted?.links.job.replace('/jobs/', ''),
      imageId: accepted?.id,
      status: 'succeeded',
      failure: null,
      preset: 'default',
      isBatch: false,
      sharesRun: false,
      requestId: expect.any(String),
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      links: { self: accepted?.links.job, image: accepted?.links.self },
      runs: [
        {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          workerPid: expect.any(Number),
          startedAt: expect.any(String),
          endedAt: expect.any(String),
          milliseconds: expect.any(Number),
          outcome: 'succeeded',
          failure: null,
          signal: null,
          exitCode: null,
          peakRssBytes: expect.any(Number),
          ...(PROFILE === 'cluster' && { node: expect.any(String) }),
        },
      ],
    });
  });
});

describe('the list of jobs', () => {
  it('has all of them, the newest first', async () => {
    const { jobs, next } = await pageOf('');
    expect(jobs.map(({ imageId }) => imageId)).toEqual(newestFirst());
    expect(next).toBeNull();
  });

  it.each([1, 2, 3, 5, 6])('comes in pages of %i without a gap or a repetition', async (limit) => {
    const seen: string[] = [];
    let query = `limit=${limit}`;
    for (let pages = 1; ; pages++) {
      const { jobs, next } = await pageOf(query);
      seen.push(...jobs.map(({ imageId }) => imageId));
      if (next === null) {
        expect(pages).toBe(Math.ceil(uploads.length / limit));
        break;
      }
      expect(jobs).toHaveLength(limit);
      query = `limit=${limit}&cursor=${encodeURIComponent(next)}`;
    }
    expect(seen).toEqual(newestFirst());
  });

  it('has only the jobs of a status, over pages too', async () => {
    const failed = await pageOf('status=failed');
    expect(failed.jobs.map(({ imageId }) => imageId)).toEqual([uploads.at(-1)?.id]);
    const first = await pageOf('status=succeeded&limit=3');
    const second = await pageOf(`status=succeeded&limit=3&cursor=${first.next}`);
    const found = [...first.jobs, ...second.jobs];
    expect(found.map(({ imageId }) => imageId)).toEqual(newestFirst().slice(1));
    expect(found.every(({ status }) => status === 'succeeded')).toBe(true);
    expect((await pageOf('status=queued')).jobs).toEqual([]);
  });

  it.each([
    ['status', 'nope'],
    ['status', ''],
    ['cursor', 'nope'],
    ['cursor', ''],
    ['cursor', Buffer.from('1 not-an-id').toString('base64url')],
    ['cursor', Buffer.from('soon 00000000-0000-4000-8000-000000000000').toString('base64url')],
    ['limit', '0'],
    ['limit', '201'],
    ['limit', '-1'],
    ['limit', '1.5'],
    ['limit', 'many'],
    ['limit', ''],
  ])('refuses %s=%j, and says which parameter it is', async (name, value) => {
    const answer = await service.fetch(`/jobs?${new URLSearchParams({ [name]: value })}`);
    const { detail } = await expectProblem(answer, 'bad_parameter');
    expect(detail).toContain(`"${name}"`);
  });
});
