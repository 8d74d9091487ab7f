import { S3Client } from '@aws-sdk/client-s3';
import { keysOfChain } from './s3-keys.ts';
import type { S3Limits } from './s3-limits.ts';
import type { S3Settings } from './s3-url.ts';

export function newS3Client({ endpoint, region, pathStyle }: S3Settings, limits: S3Limits): S3Client {
  // A slow reader of a variant holds its socket, and must not let others wait for one.
  const agent = { maxSockets: Number.POSITIVE_INFINITY };
  return new S3Client({
    ...(endpoint !== null && { endpoint }),
    ...(region !== null && { region }),
    forcePathStyle: pathStyle,
    credentials: keysOfChain(),
    retryMode: 'standard',
    maxAttempts: limits.attempts,
    requestHandler: {
      connectionTimeout: limits.connectMs,
      requestTimeout: limits.attemptMs,
      throwOnRequestTimeout: true,
      // It would cut those who read slowly.
      socketTimeout: 0,
      httpAgent: agent,
      httpsAgent: agent,
    },
    // The digest of a body is signed with it already, and not every server knows the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It costs a new connection and a round trip for each part, and Bun never says that it may go on.
    expectContinueHeader: false,
  });
}
