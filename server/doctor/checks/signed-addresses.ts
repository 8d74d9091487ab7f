import type { Config } from '../../../shared/config.ts';
import { presignedGet, presignedPut } from '../../../shared/storage/s3/presigned.ts';
import type { S3Bucket } from '../../../shared/storage/s3/s3-bucket.ts';
import type { S3Settings } from '../../../shared/storage/s3/s3-url.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';

const CHECK = 'signed addresses';
const SECONDS = 60;
const ANSWER_MS = 5_000;
const BYTES = Buffer.from('by a signed address');

type About = Pick<Config, 'readMode' | 'corsOrigins'>;

/**
 * The addresses that clients get for the bucket itself: whether one uploads, one reads, and scripts of our origins may. Where clients
 * know the server by another name than nodes do, that name may be none for this machine: then it is no fault.
 */
export async function signedFindings(
  bucket: S3Bucket,
  key: string,
  settings: S3Settings,
  about: About,
): Promise<Finding[]> {
  const upload = { seconds: SECONDS, bytes: BYTES.length, contentType: 'image/jpeg' };
  const put = await presignedPut(bucket, key, upload);
  const get = await presignedGet(bucket, key, {
    seconds: SECONDS,
    contentType: 'image/jpeg',
    cacheControl: 'no-store',
  });
  const isOther = settings.publicEndpoint !== settings.endpoint;
  const where = new URL(put).origin;
  const why =
    (await whyNot(put, { method: 'PUT', body: BYTES, headers: { 'content-type': upload.contentType } })) ??
    (await whyNot(get, {}));
  if (why !== null) {
    const told = `an address that is signed for ${where} does not work from here: ${why}`;
    const mend = isOther
      ? 'See that publicEndpoint in STORAGE_URL is the name by which clients reach S3, and that a proxy there passes path, query and Host on.'
      : 'See that nothing between here and S3 changes path, query or Host: all of them are signed.';
    return [about.readMode === 'redirect' && !isOther ? fail(CHECK, told, mend) : warn(CHECK, told, mend)];
  }
  const origins = await Promise.all(about.corsOrigins.map((origin) => originFinding(put, origin)));
  return [ok(CHECK, `those for ${where} upload and read`), ...origins];
}

/** As a browser asks before it uploads: the Fetch standard, CORS-preflight. */
async function originFinding(address: string, origin: string): Promise<Finding> {
  const asking = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-type' };
  const answer = await ask(address, { method: 'OPTIONS', headers: { origin, ...asking } });
  const allowed = answer instanceof Response ? answer.headers.get('access-control-allow-origin') : null;
  return allowed === origin || allowed === '*'
    ? ok(CHECK, `scripts of ${origin} may upload to the bucket`)
    : warn(
        CHECK,
        `scripts of ${origin} may not upload to the bucket itself`,
        'If they are to, give the bucket rules of CORS: the runbook, "Browsers at the bucket".',
      );
}

async function whyNot(address: string, init: RequestInit): Promise<string | null> {
  const answer = await ask(address, init);
  if (!(answer instanceof Response)) return answer.message;
  await answer.body?.cancel();
  return answer.ok ? null : `${init.method ?? 'GET'} is answered with ${answer.status}`;
}

async function ask(address: string, init: RequestInit): Promise<Response | Error> {
  try {
    return await fetch(address, { ...init, signal: AbortSignal.timeout(ANSWER_MS) });
  } catch (error) {
    const cause = error instanceof Error ? error.cause : null;
    return cause instanceof Error ? cause : new Error(String(error));
  }
}
