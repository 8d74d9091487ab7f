import type { S3Failure } from '../../../shared/storage/s3/s3-failure.ts';
import type { S3Settings } from '../../../shared/storage/s3/s3-url.ts';

const KEYS =
  'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the profile or the role to keys of this server that are still good.';
const RIGHTS =
  'Let these keys list, get, put and delete in the bucket: the runbook, "Install on many machines", names the rights.';
const REGION = 'Set region=… in STORAGE_URL to the region of the bucket.';

/** By what S3, or the SDK, calls a failure. */
const BY_NAME: Record<string, string> = {
  NoSuchBucket: 'Create the bucket, or have STORAGE_URL name one that is there.',
  InvalidAccessKeyId: KEYS,
  SignatureDoesNotMatch: KEYS,
  ExpiredToken: KEYS,
  InvalidToken: KEYS,
  CredentialsProviderError: KEYS,
  AccessDenied: RIGHTS,
  PermanentRedirect: REGION,
  AuthorizationHeaderMalformed: REGION,
  IllegalLocationConstraintException: REGION,
  RequestTimeTooSkewed: 'Have the clocks of this machine and of the S3 server kept by NTP.',
};

export function mendOfBucket({ failure, status }: S3Failure, settings: S3Settings): string {
  const known = BY_NAME[failure];
  if (known) return known;
  if (status === 403) return RIGHTS;
  if (status === 507) return 'Make room on the S3 server.';
  if (status !== null)
    return `Look into the log of the S3 server ${placeOf(settings)}: it answers with ${status}.`;
  return `See that S3 answers ${placeOf(settings)}, and that this machine may reach it: endpoint=…, firewall, network policy, DNS, TLS.`;
}

export function placeOf({ endpoint, region }: S3Settings): string {
  return endpoint === null ? `of AWS, in ${region ?? 'the region of the environment'}` : `at ${endpoint}`;
}
