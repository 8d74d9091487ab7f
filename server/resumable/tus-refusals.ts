import { ERRORS } from '@tus/server';
import { Problem } from '../problem.ts';
import { noSuchUpload, wrongOffset } from './refusals.ts';

const TUS_VERSION = '1.0.0';

/** What the library throws, and what that is to our clients. */
const REFUSALS = new Map<unknown, () => Problem>([
  [ERRORS.FILE_NOT_FOUND, noSuchUpload],
  [ERRORS.INVALID_OFFSET, wrongOffset],
  [ERRORS.MISSING_OFFSET, () => badHeader('PATCH needs the header Upload-Offset.')],
  [
    ERRORS.INVALID_CONTENT_TYPE,
    () => badHeader('PATCH needs Content-Type: application/offset+octet-stream.'),
  ],
  [ERRORS.INVALID_LENGTH, () => badHeader('POST needs the header Upload-Length, in bytes.')],
  [
    ERRORS.UNSUPPORTED_CREATION_DEFER_LENGTH_EXTENSION,
    () => badHeader('The length has to be known at once: send Upload-Length.'),
  ],
  [ERRORS.UNSUPPORTED_CONCATENATION_EXTENSION, () => badHeader('Uploads are not put together from others.')],
  [
    ERRORS.INVALID_METADATA,
    () => badHeader('The header Upload-Metadata takes keys, each with its value in base64.'),
  ],
]);

const badHeader = (detail: string) => new Problem('bad_parameter', detail);

/**
 * What was thrown while the library had the request, as it is; its own refusals as ours.
 * @param limit bytes that an upload may have, and of it this request
 */
export function refusalOf(thrown: unknown, limit: number): unknown {
  if (thrown === ERRORS.ERR_SIZE_EXCEEDED || thrown === ERRORS.ERR_MAX_SIZE_EXCEEDED) return tooLarge(limit);
  return REFUSALS.get(thrown)?.() ?? thrown;
}

/** What the library has answered without a throw: a header that is missing, or none that it knows. */
export function refusalAnswered(status: number, text: string): Problem {
  if (status !== 412) return badHeader(`A header of tus cannot be read: ${text.trim().slice(0, 200)}.`);
  return new Problem('tus_version', `Send the header Tus-Resumable: ${TUS_VERSION}.`, {
    headers: { 'tus-version': TUS_VERSION },
  });
}

const tooLarge = (limit: number) =>
  new Problem(
    'too_many_bytes',
    `An image may have at most ${limit} bytes, and a request no more than are missing.`,
    {
      members: { limit },
      headers: { connection: 'close' },
    },
  );
