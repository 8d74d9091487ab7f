import { describe, expect, test } from 'vitest';
import { asStoreError, errorCode, StoreError } from '../../shared/errors.ts';

const systemError = (code: string) => Object.assign(new Error(`${code}: secret/path`), { code });

describe('an error of a store', () => {
  test.each([
    ['ENOSPC', 'storage_full'],
    ['EDQUOT', 'storage_full'],
    ['EFBIG', 'storage_full'],
    ['EACCES', 'storage_unavailable'],
    ['EROFS', 'storage_unavailable'],
    ['EIO', 'storage_unavailable'],
    ['ENOENT', 'storage_unavailable'],
    ['EMFILE', 'storage_unavailable'],
  ] as const)('%s means %s, and keeps its cause', (code, meaning) => {
    const cause = systemError(code);
    const error = asStoreError(cause, 'keep an original');
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: meaning, message: `keep an original: ${code}`, cause });
  });

  test('without a code of the system means that the store is out of reach', () => {
    for (const cause of [new Error('what?'), 'what?', undefined, { code: 'ENOSPC' }]) {
      expect(asStoreError(cause, 'x').code).toBe('storage_unavailable');
    }
  });

  test('that has its meaning already stays as it is', () => {
    const full = new StoreError('storage_full', 'x');
    expect(asStoreError(full, 'y')).toBe(full);
  });
});

test('only an error with a text as its code has one', () => {
  expect(errorCode(systemError('EIO'))).toBe('EIO');
  expect(errorCode(Object.assign(new Error(), { code: 5 }))).toBeUndefined();
  expect(errorCode(new Error())).toBeUndefined();
  expect(errorCode(null)).toBeUndefined();
});
