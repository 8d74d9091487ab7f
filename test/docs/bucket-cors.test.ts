import { readFile } from 'node:fs/promises';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { presignedGet, presignedPut } from '../../shared/storage/s3/presigned.ts';
import { S3Bucket } from '../../shared/storage/s3/s3-bucket.ts';
import { S3_LIMITS } from '../../shared/storage/s3/s3-limits.ts';
import { S3Url } from '../../shared/storage/s3/s3-url.ts';
import { recordingLog } from '../helpers/recording-log.ts';
import { S3_ENVIRONMENT } from '../helpers/s3-environment.ts';

/** Headers that a browser sends of its own, which scripts cannot set (https://fetch.spec.whatwg.org/#forbidden-request-header). */
const OF_THE_BROWSER = ['content-length', 'host'];

const Rule = z.object({
  AllowedOrigins: z.array(z.string()),
  AllowedMethods: z.tuple([z.enum(['GET', 'PUT'])]),
  AllowedHeaders: z.array(z.string()),
});

const runbook = await readFile(new URL('../../deploy/RUNBOOK.md', import.meta.url), 'utf8');
const [, json = ''] = /^```json\n(\{\s+"CORSRules".*?)^```$/ms.exec(runbook) ?? [];
const [putRule, getRule] = z.object({ CORSRules: z.tuple([Rule, Rule]) }).parse(JSON.parse(json)).CORSRules;

/** What a request to a signed URL has to have, as it was signed. */
const demandedBy = (url: string) => new URL(url).searchParams.get('X-Amz-SignedHeaders')?.split(';') ?? [];

describe('the CORS rules of the runbook', () => {
  let bucket: S3Bucket;
  beforeEach(() => {
    for (const [name, value] of Object.entries(S3_ENVIRONMENT)) vi.stubEnv(name, value);
    bucket = new S3Bucket(S3Url.parse('s3://photos?region=eu-central-1'), S3_LIMITS, recordingLog().log);
    onTestFinished(() => {
      bucket.close();
      vi.unstubAllEnvs();
    });
  });

  test('allow a PUT what its URL demands and the browser does not send of its own, and no more', async () => {
    const demanded = demandedBy(
      await presignedPut(bucket, 'incoming/id', { seconds: 60, bytes: 7, contentType: 'image/jpeg' }),
    );
    expect(demanded).toEqual(expect.arrayContaining(OF_THE_BROWSER));
    expect(putRule.AllowedMethods).toEqual(['PUT']);
    expect(putRule.AllowedHeaders).toEqual(demanded.filter((name) => !OF_THE_BROWSER.includes(name)));
  });

  test('allow a GET from everywhere: its URL demands nothing that a script would have to send', async () => {
    const answer = { seconds: 60, contentType: 'image/webp', cacheControl: 'private' };
    expect(demandedBy(await presignedGet(bucket, 'variants/run/thumb.webp', answer))).toEqual(['host']);
    expect(getRule).toMatchObject({ AllowedMethods: ['GET'], AllowedOrigins: ['*'] });
  });
});
