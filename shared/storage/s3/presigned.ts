import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { SignedAnswer } from '../direct-access.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { s3Failure } from './s3-failure.ts';

/** Asks nobody but, at times, where the keys come from; with those of a role the URL ends when they do, if that is earlier. */
export async function presignedGet(
  bucket: S3Bucket,
  key: string,
  answer: SignedAnswer & { contentDisposition?: string },
): Promise<string> {
  const command = new GetObjectCommand({
    ...bucket.object(key),
    ResponseContentType: answer.contentType,
    ResponseCacheControl: answer.cacheControl,
    ...(answer.contentDisposition !== undefined && {
      ResponseContentDisposition: answer.contentDisposition,
    }),
  });
  return signing(() =>
    getSignedUrl(bucket.signer, command, { expiresIn: answer.seconds, signingDate: dateAt(bucket) }),
  );
}

/** As {@link presignedGet}. The length is signed, and the type where there is one: with others the signature is wrong. */
export async function presignedPut(
  bucket: S3Bucket,
  key: string,
  upload: { seconds: number; bytes: number; contentType?: string },
): Promise<string> {
  const command = new PutObjectCommand({
    ...bucket.object(key),
    ContentLength: upload.bytes,
    ...(upload.contentType !== undefined && { ContentType: upload.contentType }),
  });
  // The SDK signs the length, and a type only where it is told to.
  const options = {
    expiresIn: upload.seconds,
    signingDate: dateAt(bucket),
    ...(upload.contentType !== undefined && { signableHeaders: new Set(['content-type']) }),
  };
  return signing(() => getSignedUrl(bucket.signer, command, options));
}

/** It is S3 that looks when a signature ends. */
const dateAt = (bucket: S3Bucket): Date => new Date(bucket.clock.now());

async function signing(sign: () => Promise<string>): Promise<string> {
  try {
    return await sign();
  } catch (error) {
    throw s3Failure(error, 'sign a URL');
  }
}
