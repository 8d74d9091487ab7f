import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { faultPicture, goodPicture } from '../fixtures/fault-pictures.ts';
import { jobOf, outcomesOf } from '../helpers/aftermath.ts';
import { writeApiKeys } from '../helpers/api-keys.ts';
import { Cluster } from '../helpers/cluster.ts';
import { expectCleanEnds, expectClusterWhole } from '../helpers/cluster-aftermath.ts';
import { Freezer } from '../helpers/freezer.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import type { RunningService } from '../helpers/service.ts';
import { Accepted, endOf, postImage, upload } from '../helpers/upload.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';

const Ticket = z.object({ url: z.string() });

const acceptedOf = async (answer: Response): Promise<Accepted> => Accepted.parse(await answer.json());

function twoApis({ apis }: Cluster): [RunningService, RunningService] {
  const [one, other] = apis;
  if (!one || !other) throw new Error('there are two api nodes');
  return [one, other];
}

describeWithS3('two api nodes', (server) => {
  describe('on the same database', () => {
    let cluster: Cluster;
    let one: RunningService;
    let other: RunningService;
    beforeAll(async () => {
      cluster = await Cluster.start({ server: server(), apis: 2, workers: 1, faults: true });
      [one, other] = twoApis(cluster);
    }, 60_000);
    afterAll(async () => {
      await using _ = cluster;
      await expectClusterWhole(cluster, []);
      await expectCleanEnds(cluster);
    }, 60_000);

    test('take an upload once that is sent to both at the same time with its key', async () => {
      for (let count = 0; count < 5; count++) {
        const picture = goodPicture();
        const headers = { 'idempotency-key': `"twice ${count}"` };
        const send = (api: RunningService) => postImage(api, picture, {}, headers);
        const answers = await Promise.all([one, other, one, other].map(send));
        const ids = new Set<string>();
        for (const answer of answers) {
          if (answer.status === 200) ids.add((await acceptedOf(answer)).id);
          else await expectProblem(answer, 'key_in_flight');
        }
        expect(ids.size).toBe(1);
        for (const api of [one, other]) expect([...ids]).toEqual([(await acceptedOf(await send(api))).id]);
      }
    });

    test('know each other’s tickets, and that they are used', async () => {
      const asked = await one.fetch('/tickets', { method: 'POST' });
      const { url } = Ticket.parse(await asked.json());
      const send = (api: RunningService, body: Uint8Array<ArrayBuffer>) =>
        api.fetch(url, { method: 'POST', body, headers: { 'content-type': 'image/jpeg' } });
      const picture = goodPicture();
      const first = await acceptedOf(await send(other, picture));
      expect((await acceptedOf(await send(one, picture))).id).toBe(first.id);
      for (const api of [one, other]) await expectProblem(await send(api, goodPicture()), 'ticket_used');
    });

    test('have equal bytes run once', async () => {
      const picture = goodPicture();
      const freezer = await Freezer.hold(cluster.worker);
      const first = await upload(one, picture);
      const second = await upload(other, picture);
      await freezer[Symbol.asyncDispose]();
      for (const accepted of [first, second]) expect((await endOf(other, accepted)).status).toBe('succeeded');
      const shares = [await jobOf(one, first), await jobOf(one, second)];
      expect(shares.map(outcomesOf)).toEqual([['succeeded'], []]);
      expect(shares.map(({ sharesRun }) => sharesRun)).toEqual([false, true]);
    });

    test('are told by each other’s worker when a job ends, and of what was deleted', async () => {
      const picture = goodPicture();
      const answer = await postImage(other, picture, {}, { prefer: 'wait=30' });
      const accepted = await acceptedOf(answer);
      expect(accepted.status).toBe('succeeded');
      expect((await one.fetch(accepted.links.self, { method: 'DELETE' })).status).toBe(204);
      await expectProblem(await other.fetch(accepted.links.self), 'deleted');
    });

    test('refuse what is quarantined as soon as it is, and not when one of them has released it', async () => {
      const picture = faultPicture('SIGSEGV');
      const poison = await upload(one, picture);
      expect(await endOf(one, poison)).toMatchObject({ status: 'quarantined' });
      for (const api of [one, other]) await expectProblem(await postImage(api, picture), 'quarantined');
      const { quarantined } = z
        .object({ quarantined: z.array(z.object({ sha256: z.string() })) })
        .parse(await (await other.fetch('/quarantine')).json());
      const release = `/quarantine/${quarantined[0]?.sha256}`;
      expect((await other.fetch(release, { method: 'DELETE' })).status).toBe(204);
      const again = await upload(one, goodPicture());
      expect((await endOf(one, again)).status).toBe('succeeded');
      expect((await postImage(one, picture)).status).toBe(200);
      expect((await one.fetch(poison.links.self, { method: 'DELETE' })).status).toBe(204);
    });
  });

  test('count the requests of a key together', async () => {
    const path = join(await ownFolder(), 'keys.json');
    const { shop } = await writeApiKeys(path, { shop: { scopes: ['upload', 'read', 'admin'] } });
    const env = { API_KEYS_FILE: path, REQUESTS_PER_KEY: '6' };
    await using cluster = await Cluster.start({ server: server(), apis: 2, workers: 0, env });
    const [one, other] = twoApis(cluster);
    const ask = (api: RunningService) => api.fetch('/jobs', { headers: shop });
    for (const api of [one, other, one, other, one, other]) expect((await ask(api)).status).toBe(200);
    for (const api of [one, other]) await expectProblem(await ask(api), 'rate_limited');
    await expectCleanEnds(cluster);
  });
});
