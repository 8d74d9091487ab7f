import { expect, test, vi } from 'vitest';
import { WebPages } from '../../../server/delivery/web-pages.ts';
import type { DirectAccess } from '../../../shared/storage/direct-access.ts';

const policyWith = async (bucket: DirectAccess | null) => {
  const pages = new WebPages({ maxUploadBytes: 1, bucket });
  await pages.page('page');
  return (await pages.page('page')).headers.get('content-security-policy');
};
const signing = (readUrl: DirectAccess['readUrl']) =>
  ({ readUrl: vi.fn(readUrl) }) as unknown as DirectAccess;

test('where the bucket sends pictures they may be shown, and nothing else may come from there', async () => {
  const bucket = signing(async () => 'https://photos.s3.eu-1.example/site/1?signature=x');
  const policy = await policyWith(bucket);
  expect(policy).toContain("; img-src 'self' blob: data: https://photos.s3.eu-1.example; ");
  expect(policy?.split('photos.s3')).toHaveLength(2);
  expect(bucket.readUrl).toHaveBeenCalledTimes(1);
});

test('without keys to sign by at this moment, the page comes all the same', async () => {
  const policy = await policyWith(signing(() => Promise.reject(new Error('no credentials'))));
  expect(policy).toContain("; img-src 'self' blob: data:; ");
});

test('where pictures come from this service, no other is named', async () => {
  expect(await policyWith(null)).not.toContain('http');
});
