import { MEDIA_TYPE, type PublishedSet, variantFileName } from '../../shared/domain/image.ts';
import type { DirectAccess } from '../../shared/storage/direct-access.ts';
import type { Reading } from '../access/reading.ts';
import { answerFile, type Conditions } from './answer-file.ts';
import { cacheControl } from './cache-control.ts';
import type { Choice } from './choose-variant.ts';
import type { Files } from './files.ts';

/** An address of the bucket lives so long, in seconds; and may be kept by caches for so long, if at all. */
const BUCKET_URL_S = 900;
const BUCKET_URL_KEPT_S = 300;

/**
 * Answers with a variant.
 * @returns null when the file was removed meanwhile
 * @throws {Problem} `range_not_satisfiable`
 */
export function answerVariant(
  { storage, direct }: Files,
  set: PublishedSet,
  choice: Choice,
  conditions: Conditions,
  reading: Reading,
): Promise<Response | null> {
  const { variant, immutable, negotiated } = choice;
  return answerFile(
    {
      sha256: variant.sha256,
      bytes: variant.bytes,
      mediaType: MEDIA_TYPE[variant.format],
      headers: {
        'cache-control': cacheControl(reading, immutable),
        ...(negotiated && { vary: 'Accept' }),
      },
      read: (range) => storage.readVariant(set.runId, variantFileName(variant), range),
      redirect: direct && (() => toTheBucket(direct, set, choice, reading)),
    },
    conditions,
  );
}

/** To a signed address; whoever keeps this answer has to ask again before that ends. */
async function toTheBucket(
  direct: DirectAccess,
  { runId }: PublishedSet,
  { variant, immutable, negotiated }: Choice,
  reading: Reading,
): Promise<Response> {
  const left = reading.leftMs === null ? BUCKET_URL_S : Math.max(0, Math.floor(reading.leftMs / 1000));
  const location = await direct.readUrl(runId, variantFileName(variant), {
    seconds: Math.max(1, Math.min(BUCKET_URL_S, left)),
    contentType: MEDIA_TYPE[variant.format],
    cacheControl: cacheControl(reading, immutable),
  });
  const who = reading.isByAddress ? 'public' : 'private';
  const headers = new Headers({
    location,
    'cache-control': `${who}, max-age=${Math.min(BUCKET_URL_KEPT_S, left)}`,
  });
  if (negotiated) headers.set('vary', 'Accept');
  return new Response(null, { status: 302, headers });
}
