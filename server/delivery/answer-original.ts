import { type Image, INPUT_EXTENSION, INPUT_MEDIA_TYPE } from '../../shared/domain/image.ts';
import type { ImageRecord } from '../../shared/jobs/records.ts';
import { Problem } from '../problem.ts';
import { type AnsweredFile, answerFile, type Conditions } from './answer-file.ts';
import type { Files } from './files.ts';

/** An address of the bucket lives so long, in seconds: whoever has it has what the picture tells. */
const BUCKET_URL_S = 60;

/** Nobody keeps what tells where somebody lives. */
const NOT_KEPT = 'private, no-store';

/**
 * Answers with the bytes of an original as they were uploaded, as a file to be saved: a browser shows no stranger's file as a page
 * of ours, and other origins cannot embed it.
 * @param find the image's record as it is now; throws where there is none
 * @throws {Problem}
 */
export async function answerOriginal(
  files: Files,
  find: () => Promise<ImageRecord>,
  conditions: Conditions,
): Promise<Response> {
  for (let tries = 2; tries > 0; tries--) {
    const { image } = await find();
    if (image.originalRemovedAt !== null) throw notKept();
    const answer = await answerFile(fileOf(image, files), conditions);
    if (answer) return answer;
  }
  // A record that a restored backup has brought, without its file.
  throw notKept();
}

function fileOf(image: Image, { storage, direct }: Files): AnsweredFile {
  const { id, sha256, bytes, header } = image;
  const mediaType = INPUT_MEDIA_TYPE[header.format];
  const disposition = `attachment; filename="${id}.${INPUT_EXTENSION[header.format]}"`;
  const headers = {
    'cache-control': NOT_KEPT,
    'content-disposition': disposition,
    'cross-origin-resource-policy': 'same-origin',
  };
  const answer = {
    seconds: BUCKET_URL_S,
    contentType: mediaType,
    cacheControl: NOT_KEPT,
    contentDisposition: disposition,
  };
  return {
    sha256,
    bytes,
    mediaType,
    headers,
    read: (range) => storage.readOriginal(id, range),
    redirect: direct && (async () => toTheBucket(await direct.originalUrl(id, answer))),
  };
}

const toTheBucket = (location: string) =>
  new Response(null, { status: 302, headers: { location, 'cache-control': NOT_KEPT } });

const notKept = () =>
  new Problem('original_not_kept', 'The image is there, and its original has not been kept.');
