import { expect, test } from 'vitest';
import { darkroom } from '../../server/client/client.ts';
import { goodPicture } from '../fixtures/fault-pictures.ts';
import { Cluster } from '../helpers/cluster.ts';
import { expectCleanEnds } from '../helpers/cluster-aftermath.ts';
import { EventReader } from '../helpers/event-reader.ts';
import { Freezer } from '../helpers/freezer.ts';
import { endOf, upload } from '../helpers/upload.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';

describeWithS3('the events of many nodes', (server) => {
  test('are the same on each: of an upload to one, told by another, while the worker is a third', async () => {
    await using cluster = await Cluster.start({ server: server(), apis: 2, workers: 1 });
    const [one, other] = cluster.apis;
    if (!one || !other) throw new Error('there are two api nodes');
    await using ofOne = await EventReader.open(one, '/events');
    await using ofOther = await EventReader.open(other, '/events');
    const freezer = await Freezer.hold(cluster.worker);
    const accepted = await upload(one, goodPicture());
    const events: string[] = [];
    const watching = (async () => {
      for await (const event of darkroom(other.url).watch(accepted.links.job.replace('/jobs/', '')))
        events.push(event.type === 'job' ? event.status : event.step);
    })();
    await ofOther.told(accepted.id, 'queued');
    await freezer[Symbol.asyncDispose]();
    await watching;
    expect(events.filter((it) => it !== 'queued')).toEqual([
      'running',
      'decode',
      'resize',
      'describe',
      'encode',
      'succeeded',
    ]);
    for (const reader of [ofOne, ofOther]) await reader.told(accepted.id, 'succeeded');

    // What a client has missed while its node was gone, any other node tells.
    const seen = ofOne.lastId ?? '';
    await cluster.end(one, 'SIGKILL');
    const missed = await upload(other, goodPicture());
    await endOf(other, missed);
    await using next = await EventReader.open(other, '/events', { 'last-event-id': seen });
    await next.told(missed.id, 'succeeded');
    expect(next.events.map(({ event }) => event)).not.toContain('reset');
    await expectCleanEnds(cluster);
  });
});
