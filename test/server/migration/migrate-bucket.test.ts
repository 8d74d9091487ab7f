import { rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { isWhole, migrate } from '../../../server/migration/migrate.ts';
import { StoreError } from '../../../shared/errors.ts';
import type { ImageStorage } from '../../../shared/storage/image-storage.ts';
import { NO_PATIENCE, PHOTOS, sides, UNHEARD, withBucket } from '../../helpers/migration-sides.ts';
import { oneMachine } from '../../helpers/one-machine.ts';

describe('what goes from the bucket', () => {
  test('between two calls is brought again', async () => {
    const machine = await oneMachine(PHOTOS);
    const { source, target } = await sides(machine);
    const [bare] = machine.photos.map(machine.pathOf);
    await rm(bare?.thumb ?? '');
    await migrate(source, target, UNHEARD);
    await target.storage.removeOriginal(machine.waiting);
    const next = await migrate(source, target, UNHEARD);
    expect(next).toMatchObject({ originals: { moved: 1, already: PHOTOS }, lost: 0 });
    expect(await target.storage.readOriginal(machine.waiting)).not.toBeNull();
  });

  test('during a call is told, and comes with the next one', async () => {
    const machine = await oneMachine(PHOTOS);
    const { source, target } = await sides(machine);
    let listings = 0;
    async function* originals(olderThanMs: number) {
      // The first time is before anything is moved.
      if (++listings === 2) await target.storage.removeOriginal(machine.waiting);
      yield* target.storage.originals(olderThanMs);
    }
    const swept = await migrate(source, withBucket(target, { originals }), UNHEARD);
    expect(isWhole(swept)).toBe(false);
    expect(swept.lost).toBe(1);
    expect(isWhole(await migrate(source, target, UNHEARD))).toBe(true);
  });
});

describe('a bucket', () => {
  const silent = () => Promise.reject(new StoreError('storage_unavailable', 'it does not answer'));

  test('that does not answer for a while is asked again', async () => {
    const { source, target } = await sides(await oneMachine(1));
    let calls = 0;
    const keepOriginal: ImageStorage['keepOriginal'] = (id, path) =>
      ++calls <= 2 ? silent() : target.storage.keepOriginal(id, path);
    expect(isWhole(await migrate(source, withBucket(target, { keepOriginal }), UNHEARD))).toBe(true);
    expect(calls).toBe(4);
  });

  test('that does not answer at all ends the move, which goes on where it was', async () => {
    const machine = await oneMachine(PHOTOS);
    const { source, target } = await sides(machine);
    const publish: ImageStorage['publish'] = silent;
    const moving = migrate(source, withBucket(target, { publish }), UNHEARD, NO_PATIENCE);
    await expect(moving).rejects.toMatchObject({ name: 'StoreError', message: 'it does not answer' });
    const next = await migrate(source, target, UNHEARD);
    expect(next).toMatchObject({ originals: { already: PHOTOS + 1, moved: 0 }, sets: { moved: PHOTOS } });
  });

  const others = async () => new Blob(['other bytes']).stream();

  test.each([
    ['an original', 'original', { readOriginal: others }],
    ['a set', 'thumb.jpg of set', { readVariant: others }],
  ])('that gives back other bytes of %s has no rows moved to it', async (_, what, bucket) => {
    const { source, target } = await sides(await oneMachine(1));
    const moving = migrate(source, withBucket(target, bucket), UNHEARD, NO_PATIENCE);
    await expect(moving).rejects.toThrow(
      RegExp(`^${what} .* was put there, and has other bytes than its record says$`),
    );
    expect(await target.sessions.db.selectFrom('images').select('id').execute()).toEqual([]);
  });

  test('that does not answer is asked for no more files than were on their way', async () => {
    const { source, target } = await sides(await oneMachine(20));
    let calls = 0;
    const keepOriginal = () => {
      calls++;
      return silent();
    };
    const moving = migrate(source, withBucket(target, { keepOriginal }), UNHEARD, NO_PATIENCE);
    await expect(moving).rejects.toBeInstanceOf(StoreError);
    expect(calls).toBe(8);
  });
});
