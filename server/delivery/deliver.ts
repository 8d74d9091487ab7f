import { variantPath } from '../../shared/domain/variant-url.ts';
import type { ImageRecord } from '../../shared/jobs/records.ts';
import type { Reading } from '../access/reading.ts';
import { Problem } from '../problem.ts';
import type { Conditions } from './answer-file.ts';
import { answerVariant } from './answer-variant.ts';
import { cacheControl } from './cache-control.ts';
import { chooseVariant, presentVersionOf } from './choose-variant.ts';
import type { Files } from './files.ts';
import { publishedSet } from './published-set.ts';

/**
 * Answers a URL of a variant. Its file may go away between the look at the record and the file: then the record says
 * what has taken its place.
 * @param find the image's record as it is now; throws where there is none
 * @throws {Problem}
 */
export async function deliver(
  files: Files,
  find: () => Promise<ImageRecord>,
  urlName: string,
  { accept, ...conditions }: Conditions & { accept: string | undefined },
  reading: Reading,
): Promise<Response> {
  for (let tries = 2; tries > 0; tries--) {
    const record = await find();
    const set = publishedSet(record);
    const { variants } = set.manifest;
    const choice = chooseVariant(variants, urlName, accept);
    if (!choice) return redirected(record, presentVersionOf(variants, urlName), reading);
    const bounded = { ...reading, leftMs: sooner(reading.leftMs, record.leftMs ?? null) };
    const answer = await answerVariant(files, set, choice, conditions, bounded);
    if (answer) return answer;
  }
  throw new Problem('not_found', 'The image was removed a moment ago.');
}

/** Nobody keeps a variant for longer than its address is of use, or its image is there. */
const sooner = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

/** A page that was rendered before the image was made anew shows it as it is now. */
function redirected({ image }: ImageRecord, urlName: string | null, reading: Reading): Response {
  if (urlName === null) {
    throw new Problem('not_found', 'The image has no such variant; its manifest lists them.');
  }
  const location = reading.addressOf(variantPath(image.id, urlName));
  const headers = { location, 'cache-control': cacheControl(reading, false) };
  return new Response(null, { status: 302, headers });
}
