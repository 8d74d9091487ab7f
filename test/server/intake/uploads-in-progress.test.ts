import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { UploadsInProgress } from '../../../server/intake/uploads-in-progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const KIB = 1024;
const untold = () => {};

describe('uploads that are on their way', () => {
  test('are bounded in number, and a place that is left is free', () => {
    const uploads = new UploadsInProgress({ maxUploads: 2, maxUploadingBytes: 1_000 });
    const first = uploads.enter(1, untold);
    uploads.enter(1, untold);
    expect(uploads.enter(1, untold)).toBeNull();
    if (first) uploads.leave(first);
    if (first) uploads.leave(first);
    expect(uploads.enter(1, untold)).not.toBeNull();
    expect(uploads.enter(1, untold)).toBeNull();
  });

  test('are bounded in bytes, but one alone is not', () => {
    const uploads = new UploadsInProgress({ maxUploads: 9, maxUploadingBytes: 1_000 });
    const large = uploads.enter(5_000, untold);
    expect(uploads.enter(1, untold)).toBeNull();
    if (large) uploads.leave(large);
    uploads.enter(600, untold);
    expect(uploads.enter(401, untold)).toBeNull();
    expect(uploads.enter(400, untold)).not.toBeNull();
  });
});

describe('an upload has begun to come', () => {
  test.each([
    ['when the first 16 KiB are there', 1_000 * KIB, [1, 16 * KIB - 2], 1],
    ['when all of a smaller one is there', 100, [99], 1],
  ])('%s, and not before', (_, bytes, before, last) => {
    const begun = vi.fn();
    const place = new UploadsInProgress({ maxUploads: 9, maxUploadingBytes: 10 ** 9 }).enter(bytes, begun);
    for (const piece of before) place?.received(piece);
    expect(begun).not.toHaveBeenCalled();
    place?.received(last);
    place?.received(1_000);
    expect(begun).toHaveBeenCalledOnce();
  });
});

describe('where there is no room', () => {
  test('the slowest gives way, once it has had the time to get going', () => {
    const uploads = new UploadsInProgress({ maxUploads: 2, maxUploadingBytes: 1_000 });
    const [still, slow] = [uploads.enter(1, untold), uploads.enter(1, untold)];
    slow?.received(10);
    expect(uploads.enter(1, untold)).toBeNull();
    vi.advanceTimersByTime(1_000);
    expect(uploads.enter(1, untold)).not.toBeNull();
    expect(still?.signal.reason).toMatchObject({ name: 'GaveWay' });
    expect(slow?.signal.aborted).toBe(false);
    expect(uploads.enter(1, untold)).not.toBeNull();
    expect(slow?.signal.aborted).toBe(true);
  });

  test('several give way to a large one', () => {
    const uploads = new UploadsInProgress({ maxUploads: 9, maxUploadingBytes: 1_000 });
    const slow = Array.from({ length: 5 }, () => uploads.enter(200, untold));
    vi.advanceTimersByTime(1_000);
    expect(uploads.enter(600, untold)).not.toBeNull();
    expect(slow.filter((place) => place?.signal.aborted)).toHaveLength(3);
  });

  test('nobody gives way who comes as fast as the slowest network', () => {
    const uploads = new UploadsInProgress({ maxUploads: 1, maxUploadingBytes: 1_000_000 });
    const place = uploads.enter(1, untold);
    vi.advanceTimersByTime(2_000);
    place?.received(32 * KIB);
    expect(uploads.enter(1, untold)).toBeNull();
    // It is as slow as it is now, not as it was.
    vi.advanceTimersByTime(999);
    expect(uploads.enter(1, untold)).toBeNull();
    vi.advanceTimersByTime(1);
    expect(uploads.enter(1, untold)).not.toBeNull();
    expect(place?.signal.aborted).toBe(true);
  });

  test('who has left gives way to nobody', () => {
    const uploads = new UploadsInProgress({ maxUploads: 1, maxUploadingBytes: 1_000 });
    const place = uploads.enter(1, untold);
    if (place) uploads.leave(place);
    vi.advanceTimersByTime(5_000);
    uploads.enter(1, untold);
    uploads.enter(1, untold);
    expect(place?.signal.aborted).toBe(false);
  });
});
