import { expect, test } from 'vitest';
import { Messenger, type Send } from '../../../server/purge/messenger.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import type { Announcement } from '../../../shared/jobs/outbox.ts';
import { eventually } from '../../helpers/eventually.ts';
import { recordingLog } from '../../helpers/recording-log.ts';

const HOUR_MS = 3600_000;

/** A store that lends these once, and notes what becomes of them. */
function outboxOf(messages: Announcement[]) {
  const ends: Record<string, number | 'forgotten'> = {};
  const store = {
    borrowAnnouncements: async () => messages.splice(0),
    forgetAnnouncement: async (id: string) => {
      ends[id] = 'forgotten';
    },
    postponeAnnouncement: async (id: string, _at: number, inMs: number) => {
      ends[id] = inMs;
    },
  };
  return { store: store as unknown as JobStore, ends };
}

async function told(messages: Announcement[], send: Send) {
  const count = messages.length;
  const { store, ends } = outboxOf(messages);
  const messenger = new Messenger(store, 'purge', send, recordingLog().log);
  messenger.start();
  await eventually('the end of each', () => Object.keys(ends).length === count);
  await messenger.stop();
  return ends;
}

const message = (id: string, given: Partial<Announcement> = {}): Announcement => ({
  id,
  body: '{}',
  ageMs: 0,
  tries: 1,
  ...given,
});

test('what was taken is forgotten, what was not is tried again, and what is a day old is given up', async () => {
  const messages = [
    message('taken'),
    message('refused'),
    message('old', { ageMs: 25 * HOUR_MS, tries: 300 }),
    message('old but taken', { ageMs: 25 * HOUR_MS, tries: 300 }),
  ];
  const ends = await told(messages, async ({ id }) => (id.endsWith('taken') ? null : 'it answered with 500'));
  expect(ends).toEqual({
    taken: 'forgotten',
    refused: expect.any(Number),
    old: 'forgotten',
    'old but taken': 'forgotten',
  });
  expect(ends.refused).toBeGreaterThanOrEqual(500);
  expect(ends.refused).toBeLessThanOrEqual(1_000);
});
