import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { MAX_METADATA_BYTES } from '../../shared/domain/image.ts';
import { Problem } from '../problem.ts';
import type { SpoolFile } from './spool-file.ts';

/** What a form may bring: one picture and a few short texts. More is an attack or a mistake. */
const LIMITS = {
  fields: 16,
  parts: 20,
  fieldNameSize: 100,
  // One byte more than is allowed, so that what is cut can be told from what just fits.
  fieldSize: MAX_METADATA_BYTES + 1,
  headerPairs: 32,
  headerSize: 8 * 1024,
};

/** The form field that holds the picture. */
const IMAGE_FIELD = 'image';

/**
 * Reads a multipart form as it streams by: the field `image` into the spool, text fields into a map.
 * The chunks are taken only as fast as the spool is written.
 * @throws {Problem} for a form that cannot be read, or that has not exactly one image
 */
export async function readMultipart(
  headers: { 'content-type': string },
  chunks: AsyncIterable<Uint8Array>,
  spool: SpoolFile,
): Promise<Map<string, string>> {
  const fields = new Map<string, string>();
  let problem: Error | null = null;
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const fail = (error: Error) => {
    problem ??= error;
    end();
  };
  let imageWritten: Promise<void> | null = null;

  const busboy = openBusboy(headers);
  busboy.on('file', (name, file) => {
    // Its errors are those of the form, which the form's own error tells.
    file.on('error', () => {});
    if (name !== IMAGE_FIELD || imageWritten) {
      fail(
        name === IMAGE_FIELD
          ? new Problem('too_many_images', 'Send one image in each request.')
          : new Problem('no_image', `Send the image in the field "${IMAGE_FIELD}", and no other file.`),
      );
      file.resume();
      return;
    }
    imageWritten = (async () => {
      for await (const piece of file) await spool.write(piece);
    })().catch(fail);
  });
  busboy.on('field', (name, value, nameTruncated, valueTruncated) => {
    if (nameTruncated || valueTruncated) fail(new Problem('bad_parameter', 'A text field is too long.'));
    else if (fields.has(name)) fail(new Problem('bad_parameter', 'A text field is given twice.'));
    else fields.set(name, value);
  });
  for (const limit of ['partsLimit', 'fieldsLimit'] as const) {
    busboy.on(limit, () => fail(new Problem('malformed_request', 'The form has too many fields.')));
  }
  busboy.on('finish', end);
  busboy.on('error', (error) => fail(malformed(error)));

  for await (const chunk of chunks) {
    if (problem) break;
    if (!busboy.write(chunk)) await Promise.race([drained(busboy), over]);
  }
  if (!problem) {
    busboy.end();
    await over;
  }
  if (problem) {
    busboy.destroy();
    throw problem;
  }
  if (!imageWritten) {
    throw new Problem('no_image', `Send the image in the field "${IMAGE_FIELD}" of the form.`);
  }
  await imageWritten;
  if (problem) throw problem;
  return fields;
}

function openBusboy(headers: BusboyHeaders): BusboyInstance {
  // busboy takes an empty one, and then finds no part in any form.
  if (!/;\s*boundary=("[^"]|[^"\s;])/i.test(headers['content-type'])) throw malformed('no boundary');
  try {
    const isPartAFile = (name?: string, _type?: string, fileName?: string) =>
      name === IMAGE_FIELD || fileName !== undefined;
    return new Busboy({ headers, limits: LIMITS, isPartAFile });
  } catch (error) {
    throw malformed(error);
  }
}

function drained(busboy: BusboyInstance): Promise<void> {
  return new Promise((resolve) => busboy.once('drain', () => resolve()));
}

function malformed(cause: unknown): Problem {
  return new Problem(
    'malformed_request',
    'The multipart form cannot be read: it is cut off or malformed.',
    {},
    cause,
  );
}
