import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cluster } from '../helpers/cluster.ts';
import { expectCleanEnds, expectClusterWhole } from '../helpers/cluster-aftermath.ts';
import { eventually } from '../helpers/eventually.ts';
import { Load } from '../helpers/load.ts';
import { PostgresServer } from '../helpers/postgres-server.ts';
import { sweptOf } from '../helpers/swept.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';

const CLIENTS = 2;

describeWithS3('while uploads come', (server) => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await PostgresServer.start();
  }, 60_000);
  afterAll(() => postgres[Symbol.asyncDispose]());

  describe('the database', () => {
    test.for(['stop', 'kill'] as const)(
      'is away for a while (%s): uploads get 503, and all that was accepted is done',
      async (how) => {
        const database = await postgres.newDatabase();
        await using cluster = await Cluster.start({ server: server(), apis: 2, workers: 2, database });
        await using load = new Load(cluster.apis, CLIENTS);
        await load.acceptedMore(10);

        await postgres[how]();
        for (const node of cluster.nodes)
          await eventually('no readiness', async () => (await node.fetch('/readyz')).status === 503);
        await postgres.startAgain();
        for (const node of cluster.nodes)
          await eventually('readiness', async () => (await node.fetch('/readyz')).status === 200);
        await load.acceptedMore(10);
        await load.end();

        expect([...load.answers.keys()].sort()).toEqual(['200', '503']);
        // Of a commit that nobody has answered its original is left, be there a row or not.
        await sweptOf(cluster);
        for (const job of (await expectClusterWhole(cluster, load.accepted)).values())
          expect(job).toMatchObject({ status: 'succeeded', failure: null });
        await expectCleanEnds(cluster);
      },
    );
  });
});
