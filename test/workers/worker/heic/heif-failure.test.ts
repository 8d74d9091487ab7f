import { expect, test } from 'vitest';
import { failureOf } from '../../../../workers/worker/heic/heif-failure.ts';
import { OUT_OF_MEMORY } from '../../../../workers/worker/unreadable-image.ts';

// Codes and texts as libheif 1.23 gives them.
test.each([
  ['image_unreadable', 2, 100, 'Invalid input: Unexpected end of file'],
  ['image_unreadable', 6, 1000, 'Memory allocation error: Security limit exceeded: Image size 512x512'],
  ['image_unreadable', 6, 129, 'Memory allocation error: Invalid image size: zero width or height'],
  ['machine', 6, 0, 'Memory allocation error: Unspecified: Allocating 25557583 bytes failed'],
] as const)('%s is to blame for %i.%i', (blame, code, subcode, message) => {
  const failure = failureOf(code, subcode, message);
  expect(failure.blame).toBe(blame);
  if (blame === 'machine') expect(failure.message).toMatch(OUT_OF_MEMORY);
});
