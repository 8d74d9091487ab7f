import { expect, test } from 'vitest';
import { eraseAll } from '../../../server/cli/erase-all.ts';
import type { Erased } from '../../../server/cli/erase-client.ts';
import { readSettings } from '../../../server/cli/erase-settings.ts';
import { UsageError } from '../../../server/cli/flags.ts';

const NOTHING: Erased = {
  images: 0,
  files: 0,
  bytes: 0,
  quarantined: 0,
  keys: 0,
  jobs: 0,
  uploads: 0,
  failed: [],
  waitSeconds: null,
  database: null,
  verified: false,
};

test('it calls until it is verified, and reports what all calls have erased', async () => {
  const answers: Erased[] = [
    { ...NOTHING, images: 50, files: 350, bytes: 9_000, jobs: 50, waitSeconds: 0 },
    { ...NOTHING, images: 3, files: 3, bytes: 7, keys: 2, jobs: 3 },
    { ...NOTHING, quarantined: 1 },
    { ...NOTHING, database: 'overwritten', verified: true },
  ];
  const told: number[] = [];
  const client = { erase: async () => answers.shift() ?? NOTHING };
  expect(await eraseAll(client, ({ images }) => told.push(images))).toEqual({
    images: 53,
    files: 353,
    bytes: 9_007,
    quarantined: 1,
    keys: 2,
    jobs: 53,
    uploads: 0,
    failed: [],
    database: 'overwritten',
    verified: true,
  });
  expect(told).toEqual([50, 53, 53, 53]);
});

const faultsOf = (flags: object) => {
  try {
    readSettings(flags);
    return [];
  } catch (error) {
    if (error instanceof UsageError) return error.message.split('\n').map((fault) => fault.split(' ')[0]);
    throw error;
  }
};

test('whoever means all of a tenant has to say so', () => {
  const tenant = 'shop';
  expect(faultsOf({ tenant })).toEqual(['--all']);
  expect(faultsOf({ tenant, all: true, before: '2026-01-31' })).toEqual(['--all']);
  expect(faultsOf({ all: true })).toEqual(['--tenant']);
  expect(faultsOf({ tenant, metadata: 'owner' })).toEqual(['--metadata']);
  for (const which of [{ all: true }, { metadata: 'owner:u-81' }, { before: '2026-01-31' }])
    expect(faultsOf({ tenant, ...which })).toEqual([]);
});
