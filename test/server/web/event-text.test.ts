import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventsOf, type StreamEvent } from '../../../server/web/event-text.ts';

const STREAM =
  'retry: 1000\n\n: beat\n\nid: 7\nevent: job\ndata: {"a":"b: c"}\n\nid: 8\n\nevent: step\ndata: one\ndata: two\n\nid: 9\nevent: job\ndata: cut off';

const EVENTS: StreamEvent[] = [
  { event: 'job', data: '{"a":"b: c"}', id: '7' },
  { event: 'step', data: 'one\ntwo', id: null },
];

async function read(pieces: string[]): Promise<{ events: StreamEvent[]; ids: string[] }> {
  const ids: string[] = [];
  const events: StreamEvent[] = [];
  const stream = (async function* () {
    yield* pieces;
  })();
  for await (const event of eventsOf(stream, (id) => ids.push(id))) events.push(event);
  return { events, ids };
}

test('events come whole, ids without one are kept, comments and what was cut off are not told', async () => {
  expect(await read([STREAM])).toEqual({ events: EVENTS, ids: ['7', '8'] });
});

test('wherever the text is cut', async () => {
  const cuts = fc.uniqueArray(fc.nat(STREAM.length), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(cuts, async (places) => {
      const sorted = [0, ...places.toSorted((one, other) => one - other), STREAM.length];
      const pieces = sorted.slice(1).map((end, index) => STREAM.slice(sorted[index], end));
      expect(await read(pieces)).toEqual({ events: EVENTS, ids: ['7', '8'] });
    }),
  );
});
