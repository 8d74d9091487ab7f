import { type Config, provideHome } from '../../../shared/config.ts';
import { newImageId } from '../../../shared/domain/ids.ts';
import { incomingKey } from '../../../shared/storage/s3/keys.ts';
import { Multipart } from '../../../shared/storage/s3/multipart.ts';
import { S3Bucket } from '../../../shared/storage/s3/s3-bucket.ts';
import { S3Failure } from '../../../shared/storage/s3/s3-failure.ts';
import { S3_LIMITS } from '../../../shared/storage/s3/s3-limits.ts';
import type { S3Settings } from '../../../shared/storage/s3/s3-url.ts';
import { type Finding, fail, ok } from '../finding.ts';
import { lastWords } from '../last-words.ts';
import { mendOfBucket, placeOf } from './bucket-failure.ts';
import { skewFinding } from './clock.ts';
import { signedFindings } from './signed-addresses.ts';

const CHECK = 'storage';
const CONTENT = Buffer.from('of darkroom doctor');

/** A person waits: two tries, and less patience than the service has. The breaker never opens. */
const LIMITS = { ...S3_LIMITS, attempts: 2, attemptMs: 5_000, callMs: 8_000, failuresToOpen: 1_000 };

type About = Pick<Config, 'readMode' | 'corsOrigins'>;

/** Does in the bucket all that the service does there, on objects of its own that it removes. */
export async function bucketFindings(settings: S3Settings, about: About): Promise<Finding[]> {
  provideHome();
  const bucket = new S3Bucket(settings, LIMITS, lastWords().log);
  const where = `the bucket ${settings.bucket} ${placeOf(settings)}`;
  // As of a direct upload that nobody tells of: what a doctor that was killed leaves, the sweep removes.
  const key = incomingKey(newImageId());
  try {
    await exercise(bucket, key);
    const clock = skewFinding('storage clock', 'S3', bucket.clock.now() - Date.now());
    const done = ok(CHECK, `${where} puts, lists, reads, removes, and takes uploads in parts`);
    return [done, clock, ...(await signedFindings(bucket, key, settings, about))];
  } catch (error) {
    if (!(error instanceof S3Failure)) throw error;
    return [fail(CHECK, `${where}: ${error.message}`, mendOfBucket(error, settings))];
  } finally {
    await bucket.takeBack(key);
    bucket.close();
  }
}

async function exercise(bucket: S3Bucket, key: string): Promise<void> {
  await bucket.put(key, CONTENT);
  await bucket.list(key).next();
  const read = await bucket.get(key);
  if (read === null || !CONTENT.equals(await bytesOf(read.body)))
    throw new S3Failure(`get ${key}`, 'OtherBytes', null);
  await bucket.remove(key);
  // Who may not list is told of missing objects that they may not be read.
  await (await bucket.get(key))?.body.cancel();
  const whole = await Multipart.begin(bucket, key);
  await whole.add(CONTENT);
  await whole.complete();
  const given = await bucket.beginMultipart(key);
  await bucket.abortMultipart(key, given);
  await bucket.listMultiparts().next();
}

const bytesOf = async (body: ReadableStream<Uint8Array>): Promise<Buffer> =>
  Buffer.from(await new Response(body).arrayBuffer());
