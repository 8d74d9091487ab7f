import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { imagePath } from '../../testdata/expected.ts';
import { faultPicture, goodPicture } from '../fixtures/fault-pictures.ts';
import { jobOf, outcomesOf } from '../helpers/aftermath.ts';
import { writeApiKeys } from '../helpers/api-keys.ts';
import { Cluster } from '../helpers/cluster.ts';
import { expectCleanEnds, expectClusterWhole } from '../helpers/cluster-aftermath.ts';
import { startUpload } from '../helpers/half-upload.ts';
import { imageOf } from '../helpers/image-answer.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { dataFolder, type RunningService } from '../helpers/service.ts';
import { newSecret } from '../helpers/signing-keys.ts';
import { Accepted, endOf, newPicture, postImage, upload } from '../helpers/upload.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';

const LARGE = imagePath('testimage_large.jpg');
const preload = fileURLToPath(new URL('../fixtures/clock-ahead.ts', import.meta.url));

const TEN_MINUTES_MS = 600_000;
const ahead = { preload, env: { CLOCK_AHEAD_MS: String(TEN_MINUTES_MS) } };
const behind = { preload, env: { CLOCK_AHEAD_MS: String(-TEN_MINUTES_MS) } };

/** Nothing here takes so long: what is further away was told by a wrong clock. */
const RIGHT_WITHIN_MS = 60_000;

const HOUR_MS = 3_600_000;

const Listed = z.object({ jobs: z.array(z.object({ id: z.string(), createdAt: z.string() })) });
const Ticket = z.object({ url: z.string() });

const isRight = (time: unknown): boolean => Math.abs(Date.parse(String(time)) - Date.now()) < RIGHT_WITHIN_MS;

describeWithS3('nodes whose clocks are ten minutes ahead and behind', (server) => {
  describe('work together', () => {
    let folder: string;
    let cluster: Cluster;
    let early: RunningService;
    let late: RunningService;
    beforeAll(async () => {
      folder = await dataFolder();
      const SIGNING_KEYS_FILE = join(folder, 'signing.json');
      await writeFile(SIGNING_KEYS_FILE, JSON.stringify({ keys: [newSecret('of-all')] }));
      const env = { SIGNED_READS: 'true', READ_URL_TTL_S: '60', SIGNING_KEYS_FILE };
      cluster = await Cluster.start({ server: server(), apis: 0, workers: 0, env });
      late = await cluster.startNode('api', behind);
      early = await cluster.startNode('api', ahead);
      await cluster.startNode('worker', { ...ahead, faults: true });
    }, 60_000);
    afterAll(async () => {
      await using _ = cluster;
      await expectClusterWhole(cluster, []);
      await expectCleanEnds(cluster);
      await rm(folder, { recursive: true });
    }, 60_000);

    test('jobs are in the order in which they were accepted, and their times are those of the database', async () => {
      const accepted: Accepted[] = [];
      for (const api of [early, late, early, late]) accepted.push(await upload(api, goodPicture()));
      for (const one of accepted) {
        expect((await endOf(late, one)).status).toBe('succeeded');
        const job = await jobOf(late, one);
        expect(outcomesOf(job)).toEqual(['succeeded']);
        const [run] = job.runs;
        for (const time of [job.createdAt, job.updatedAt, run?.startedAt, run?.endedAt])
          expect(isRight(time), String(time)).toBe(true);
      }
      const { jobs } = Listed.parse(await (await early.fetch('/jobs')).json());
      expect(jobs.map(({ id }) => `/jobs/${id}`)).toEqual(
        accepted.map(({ links }) => links.job).toReversed(),
      );
    });

    test('an image ends so long after its acceptance, or at the time that was said, by the clock of the database', async () => {
      const at = new Date(Date.now() + HOUR_MS).toISOString();
      for (const api of [early, late]) {
        for (const expires of ['3600', at]) {
          const answer = await postImage(api, goodPicture(), { expires });
          const accepted = Accepted.parse(await answer.json());
          await endOf(late, accepted);
          const end = (await imageOf(early, accepted)).expiresAt;
          if (expires === at) expect(end).toBe(at);
          else expect(isRight(new Date(Date.parse(String(end)) - HOUR_MS)), String(end)).toBe(true);
        }
      }
    });

    test('what is tried again is tried soon', async () => {
      const accepted = await upload(late, faultPicture('SIGSEGV', { runs: 1 }));
      expect((await endOf(late, accepted)).status).toBe('succeeded');
      expect(outcomesOf(await jobOf(late, accepted))).toEqual(['crashed SIGSEGV', 'succeeded']);
    });

    test('a key that is in use at one is not free at the other', async () => {
      const headers = { 'idempotency-key': '"of a slow upload"' };
      const half = await startUpload(late, LARGE, headers);
      await expectProblem(await postImage(early, await newPicture(LARGE), {}, headers), 'key_in_flight');
      const { status, accepted } = await half.finish();
      expect(status).toBe(200);
      await expectProblem(await postImage(early, goodPicture(), {}, headers), 'key_reused');
      await endOf(late, accepted);
    });

    test('a ticket of the one that is behind is good at the one that is ahead', async () => {
      const asked = await late.fetch('/tickets', { method: 'POST', body: JSON.stringify({ expiresIn: 60 }) });
      const { url } = Ticket.parse(await asked.json());
      const answer = await early.fetch(url, {
        method: 'POST',
        body: goodPicture(),
        headers: { 'content-type': 'image/jpeg' },
      });
      expect(answer.status).toBe(200);
      await endOf(late, Accepted.parse(await answer.json()));
    });

    test('an address that is signed by one is good at the other, and kept no longer than it lives', async () => {
      const accepted = await upload(late, goodPicture());
      await endOf(late, accepted);
      for (const [signer, reader] of [
        [late, early],
        [early, late],
      ] as const) {
        const [variant] = (await imageOf(signer, accepted)).variants;
        const answer = await reader.fetch(variant?.url ?? '');
        expect(answer.status).toBe(200);
        await answer.body?.cancel();
        const [, seconds] = /max-age=(\d+)/.exec(answer.headers.get('cache-control') ?? '') ?? [];
        expect(Number(seconds)).toBeGreaterThan(0);
        expect(Number(seconds)).toBeLessThanOrEqual(120);
      }
    });
  });

  test('count the requests of a key together', async () => {
    const path = join(await ownFolder(), 'keys.json');
    const { shop } = await writeApiKeys(path, { shop: { scopes: ['upload', 'read', 'admin'] } });
    const env = { API_KEYS_FILE: path, REQUESTS_PER_KEY: '6' };
    await using cluster = await Cluster.start({ server: server(), apis: 0, workers: 0, env });
    const nodes = [await cluster.startNode('api', behind), await cluster.startNode('api', ahead)];
    const ask = (api: RunningService) => api.fetch('/jobs', { headers: shop });
    for (let count = 0; count < 3; count++)
      for (const api of nodes) expect((await ask(api)).status).toBe(200);
    for (const api of nodes) {
      const refused = await ask(api);
      expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
      await expectProblem(refused, 'rate_limited');
    }
    await expectCleanEnds(cluster);
  });

  test('remove no file before its time: how old it is the bucket says', async () => {
    const env = { SWEEP_AFTER_S: '60' };
    await using cluster = await Cluster.start({ server: server(), apis: 0, workers: 0, env });
    // As of an upload that is about to be accepted, and of a run that is about to end.
    const keys = [`originals/${randomUUID()}`, `variants/${randomUUID()}/thumb.jpg`];
    for (const Key of keys)
      await server().client.send(new PutObjectCommand({ Bucket: cluster.bucket, Key, Body: 'young' }));
    const node = await cluster.startNode('worker', ahead);
    expect(await node.logged('swept')).toMatchObject({ originals: 0, sets: 0 });
    expect((await cluster.keys()).toSorted()).toEqual(keys.toSorted());
    await expectCleanEnds(cluster);
  });
});
