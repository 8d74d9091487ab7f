import { S3ServiceException } from '@aws-sdk/client-s3';
import { errorCode, StoreError } from '../../errors.ts';

/** S3 has not answered a call in all its time. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

const statusOf = (error: unknown): number | null =>
  (error instanceof S3ServiceException && error.$metadata.httpStatusCode) || null;

const isCalled = (error: unknown, name: string): boolean =>
  error instanceof S3ServiceException && error.name === name;

/** There is no such object. That there is no such bucket is something else. */
export const isMissing = (error: unknown): boolean => isCalled(error, 'NoSuchKey');

/** There is no such upload in parts: it has ended. */
export const isNoUpload = (error: unknown): boolean => isCalled(error, 'NoSuchUpload');

/** RFC 9110, section 15.6.2: the server does not know how to do that, for anybody. */
export const isNotImplemented = (error: unknown): boolean => statusOf(error) === 501;

/** How S3 calls it that keys are none (any more), whatever is asked with them. That they may not do a thing is something else. */
const KEYS_REFUSED = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'TokenRefreshRequired',
  'RequestTimeTooSkewed',
]);

/**
 * Whether it says that S3 does not serve us now: there was no answer, or one that it cannot (RFC 9110, section 15.6), has too much to
 * do, or does not know us.
 */
export function isOutOfReach(error: unknown): boolean {
  const status = statusOf(error);
  if (status === null || status === 429) return true;
  return (status >= 500 && !isNotImplemented(error)) || KEYS_REFUSED.has(nameOf(error));
}

/** RFC 4918, section 11.5: Insufficient Storage. */
const FULL = 507;

/** A call to S3 that has failed. */
export class S3Failure extends StoreError {
  /** What S3 or the system calls it, such as `NoSuchBucket` or `ECONNREFUSED`. */
  readonly failure: string;
  /** Null: there was no answer. */
  readonly status: number | null;

  constructor(doing: string, failure: string, status: number | null) {
    const kind = status === FULL ? 'storage_full' : 'storage_unavailable';
    super(kind, `${doing}: ${failure}${status === null ? '' : ` (${status})`}`);
    this.failure = failure;
    this.status = status;
  }
}

/**
 * The failure of a call as others know it. It says what S3 or the system calls it, and nothing else of it: answers and
 * causes may hold what was signed.
 */
export function s3Failure(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  return new S3Failure(doing, nameOf(error), statusOf(error));
}

/** What S3 or the system calls it. */
export function nameOf(error: unknown): string {
  return errorCode(error) ?? (error instanceof Error ? error.name : 'unknown');
}
