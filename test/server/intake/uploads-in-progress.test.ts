import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { UploadsInProgress } from '../../../server/intake/uploads-in-progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const KIB = 1024;
const limited = (maxUploads: number, maxUploadingBytes = 10 ** 9) =>
  new UploadsInProgress({ maxUploads, maxUploadingBytes });

/** One that has begun. Null where it may not. */
function come(uploads: UploadsInProgress, bytes = 100) {
  const upload = uploads.enter(bytes, () => {});
  upload?.received(bytes);
  return upload;
}

describe('uploads that are on their way', () => {
  test('are bounded in number, and a place that is left is free', () => {
    const uploads = limited(2);
    const first = come(uploads);
    come(uploads);
    expect(come(uploads)).toBeNull();
    if (first) uploads.leave(first);
    if (first) uploads.leave(first);
    expect(come(uploads)).not.toBeNull();
    expect(come(uploads)).toBeNull();
  });

  test('are bounded in bytes, but one alone is not', () => {
    const uploads = limited(9, 1_000);
    const large = come(uploads, 5_000);
    expect(come(uploads, 1)).toBeNull();
    if (large) uploads.leave(large);
    come(uploads, 600);
    expect(come(uploads, 401)).toBeNull();
    expect(come(uploads, 400)).not.toBeNull();
  });

  test('take no room before they have begun', () => {
    const uploads = limited(1);
    const [first, second] = [uploads.enter(100, () => {}), uploads.enter(100, () => {})];
    first?.received(99);
    second?.received(100);
    expect(second?.signal.aborted).toBe(false);
    first?.received(1);
    expect(first?.signal.reason).toMatchObject({ name: 'CameTooLate' });
  });

  test('have begun when there is no more of them, however little that was', () => {
    const begun = vi.fn();
    const upload = limited(9).enter(1_000 * KIB, begun);
    upload?.received(5);
    upload?.ended();
    upload?.ended();
    expect(begun).toHaveBeenCalledOnce();
  });

  test('are bounded before they have begun, too, and there the oldest gives way', () => {
    const uploads = limited(2);
    const still = Array.from({ length: 8 }, () => uploads.enter(100, () => {}));
    expect(uploads.enter(100, () => {})).toBeNull();
    vi.advanceTimersByTime(1_000);
    expect(uploads.enter(100, () => {})).not.toBeNull();
    expect(still.map((upload) => upload?.signal.aborted)).toEqual([true, ...Array(7).fill(false)]);
    const [, second] = still;
    if (second) uploads.leave(second);
    expect(uploads.enter(100, () => {})).not.toBeNull();
    expect(still.filter((upload) => upload?.signal.aborted)).toHaveLength(1);
  });

  test.each([
    ['when the first 16 KiB are there', 1_000 * KIB, [1, 16 * KIB - 2], 1],
    ['when all of a smaller one is there', 100, [99], 1],
  ])('have begun %s, and not before', (_, bytes, before, last) => {
    const begun = vi.fn();
    const upload = limited(9).enter(bytes, begun);
    for (const piece of before) upload?.received(piece);
    expect(begun).not.toHaveBeenCalled();
    upload?.received(last);
    upload?.received(1_000);
    expect(begun).toHaveBeenCalledOnce();
  });
});

describe('where there is no room', () => {
  test('the slowest gives way, once it has had the time to get going', () => {
    const uploads = limited(2);
    const [slower, slow] = [come(uploads), come(uploads)];
    slow?.received(10);
    expect(come(uploads)).toBeNull();
    vi.advanceTimersByTime(1_000);
    expect(come(uploads)).not.toBeNull();
    expect(slower?.signal.reason).toMatchObject({ name: 'GaveWay' });
    expect(slow?.signal.aborted).toBe(false);
    expect(come(uploads)).not.toBeNull();
    expect(slow?.signal.aborted).toBe(true);
  });

  test('nobody gives way to one that has not begun', () => {
    const uploads = limited(1);
    const slow = come(uploads);
    vi.advanceTimersByTime(1_000);
    const next = uploads.enter(100, () => {});
    next?.received(99);
    expect(slow?.signal.aborted).toBe(false);
    next?.received(1);
    expect(slow?.signal.aborted).toBe(true);
  });

  test('several give way to a large one', () => {
    const uploads = limited(9, 1_000);
    const slow = Array.from({ length: 5 }, () => come(uploads, 200));
    vi.advanceTimersByTime(1_000);
    expect(come(uploads, 600)?.signal.aborted).toBe(false);
    expect(slow.filter((upload) => upload?.signal.aborted)).toHaveLength(3);
  });

  test('nobody gives way who comes as fast as the slowest network', () => {
    const uploads = limited(1);
    const upload = come(uploads);
    vi.advanceTimersByTime(2_000);
    upload?.received(32 * KIB);
    expect(come(uploads)).toBeNull();
    // It is as slow as it is now, not as it was.
    vi.advanceTimersByTime(999);
    expect(come(uploads)).toBeNull();
    vi.advanceTimersByTime(1);
    expect(come(uploads)).not.toBeNull();
    expect(upload?.signal.aborted).toBe(true);
  });

  test('who has left gives way to nobody', () => {
    const uploads = limited(1);
    const upload = come(uploads);
    if (upload) uploads.leave(upload);
    vi.advanceTimersByTime(5_000);
    come(uploads);
    come(uploads);
    expect(upload?.signal.aborted).toBe(false);
  });
});
