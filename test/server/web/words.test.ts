import { expect, test } from 'vitest';
import {
  bytesText,
  failureText,
  limitText,
  listText,
  privacyText,
  savedText,
  verdictText,
} from '../../../server/web/words.ts';
import { METADATA_KINDS, VERDICTS } from '../../../shared/domain/description.ts';
import { FailureCode } from '../../../shared/domain/job.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [132_400, '132 kB'],
  [999_600, '1.0 MB'],
  [8_912_345, '8.9 MB'],
  [5_000_000_000_000, '5000 GB'],
])('%i bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

test('a limit is as it was set', () => {
  expect([limitText(20 * 2 ** 20), limitText(8_000_000)]).toEqual(['20 MiB', '8.0 MB']);
});

test('what was saved is never told as more than it was', () => {
  expect([savedText(1000, 155), savedText(100, 100), savedText(100, 200)]).toEqual([' (84 % less)', '', '']);
});

test.each([
  [[], ''],
  [['a'], 'a'],
  [['a', 'b'], 'a and b'],
  [['a', 'b', 'c'], 'a, b and c'],
])('%j is told as "%s"', (items, text) => expect(listText(items)).toBe(text));

test('a receipt says what was found, and the blocks where they alone were', () => {
  expect(
    privacyText({
      found: ['position', 'camera_serial', 'exif'],
      removed: ['position', 'camera_serial', 'exif'],
    }),
  ).toEqual({
    removed: 'GPS position and serial number',
    kept: '',
  });
  expect(privacyText({ found: ['exif', 'copyright'], removed: ['exif'] })).toEqual({
    removed: 'EXIF',
    kept: 'copyright',
  });
});

test('there are words for every kind, verdict and failure', () => {
  for (const kind of METADATA_KINDS)
    expect(privacyText({ found: [kind], removed: [kind] }).removed, kind).not.toBe('');
  for (const verdict of VERDICTS) expect(verdictText([verdict])).toMatch(/\.$/);
  for (const failure of FailureCode.options) expect(failureText(failure).text).toMatch(/\.$/);
  expect([failureText('image_unreadable').mayRetry, failureText('worker_lost').mayRetry]).toEqual([
    false,
    true,
  ]);
});
