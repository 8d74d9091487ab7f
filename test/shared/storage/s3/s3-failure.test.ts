import { inspect } from 'node:util';
import { S3ServiceException } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { StoreError } from '../../../../shared/errors.ts';
import { s3Failure } from '../../../../shared/storage/s3/s3-failure.ts';

const said = (name: string, status: number, more: object = {}) =>
  Object.assign(
    new S3ServiceException({ name, $fault: 'client', $metadata: { httpStatusCode: status } }),
    more,
  );

test.each([
  [said('NoSuchBucket', 404), 'storage_unavailable', 'put x: NoSuchBucket (404)'],
  [said('SlowDown', 503), 'storage_unavailable', 'put x: SlowDown (503)'],
  [said('XMinioStorageFull', 507), 'storage_full', 'put x: XMinioStorageFull (507)'],
  [
    Object.assign(new Error('to 10.0.0.1'), { code: 'ECONNREFUSED' }),
    'storage_unavailable',
    'put x: ECONNREFUSED',
  ],
  ['a text', 'storage_unavailable', 'put x: unknown'],
])('%s is told by its name', (error, code, message) => {
  expect(s3Failure(error, 'put x')).toMatchObject({ name: 'StoreError', code, message });
});

test('what was signed is not told', () => {
  // AWS sends them along, so that whoever asks can find the mistake.
  const answer = said('SignatureDoesNotMatch', 403, {
    message: 'a secret',
    StringToSign: 'a secret',
    CanonicalRequest: 'a secret',
    $response: { headers: { authorization: 'a secret' } },
  });
  expect(inspect(s3Failure(answer, 'put x'), { depth: null, showHidden: true })).not.toContain('a secret');
});

test('what has a meaning already keeps it', () => {
  const error = new StoreError('storage_full', 'full');
  expect(s3Failure(error, 'put x')).toBe(error);
});
