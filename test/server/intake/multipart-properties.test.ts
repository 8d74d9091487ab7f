import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMultipart } from '../../../server/intake/multipart.ts';
import type { SpoolFile } from '../../../server/intake/spool-file.ts';
import { Problem, type ProblemCode } from '../../../server/problem.ts';
import { Random } from '../../fuzz/random.ts';
import { goodForm, mutatedForm } from '../../fuzz/requests/forms.ts';

const PICTURE = Buffer.from(Array.from({ length: 300 }, (_, at) => at & 0xff));
const FIELDS = { preset: 'listing', metadata: '{"a":1}' };

/** What a form may be refused for. */
const CODES: readonly ProblemCode[] = ['malformed_request', 'no_image', 'too_many_images', 'bad_parameter'];

interface Outcome {
  refused: ProblemCode | null;
  image: string;
  fields: [string, string][];
}

/** Whatever else than a refusal is thrown fails the test. */
async function outcomeOf(contentType: string, body: Buffer, piece: number): Promise<Outcome> {
  const written: Uint8Array[] = [];
  const spool = {
    write: async (bytes: Uint8Array) => void written.push(Buffer.from(bytes)),
  } as unknown as SpoolFile;
  const chunks = (async function* () {
    for (let at = 0; at < body.length; at += piece) yield body.subarray(at, at + piece);
  })();
  try {
    const fields = await readMultipart({ 'content-type': contentType }, chunks, spool);
    return { refused: null, image: Buffer.concat(written).toString('latin1'), fields: [...fields] };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(CODES).toContain(error.code);
    expect(Buffer.concat(written).length).toBeLessThanOrEqual(body.length);
    return { refused: error.code, image: '', fields: [] };
  }
}

const anyPiece = fc.integer({ min: 20, max: 400 });

describe('whatever a form is, it is read or refused', () => {
  test('of any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), anyPiece, async (body, piece) => {
        const { refused } = await outcomeOf('multipart/form-data; boundary=x', Buffer.from(body), piece);
        expect(refused).not.toBeNull();
      }),
      { numRuns: 100 },
    );
  });

  test('of any content type', async () => {
    const { body } = goodForm(PICTURE, FIELDS);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary-ascii' }), async (rest) => {
        await outcomeOf(`multipart/form-data; ${rest}`, body, 1_000);
      }),
      { numRuns: 100 },
    );
  });

  test('of mutants, and the same however their bytes come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), anyPiece, async (seed, piece) => {
        const { contentType, body } = mutatedForm(PICTURE, FIELDS, new Random(seed, 'form'));
        const whole = await outcomeOf(contentType, body, body.length + 1);
        const inPieces = await outcomeOf(contentType, body, piece);
        // Of several faults another one may be met first.
        expect({ ...inPieces, refused: inPieces.refused !== null }).toEqual({
          ...whole,
          refused: whole.refused !== null,
        });
      }),
      { numRuns: 80 },
    );
  });

  test('of good forms, whatever they bring', async () => {
    const field = fc.string({ unit: 'grapheme', maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 500 }),
        field,
        anyPiece,
        async (picture, metadata, piece) => {
          const { contentType, body } = goodForm(Buffer.from(picture), { metadata });
          expect(await outcomeOf(contentType, body, piece)).toEqual({
            refused: null,
            image: Buffer.from(picture).toString('latin1'),
            fields: [['metadata', metadata]],
          });
        },
      ),
      { numRuns: 100 },
    );
  });
});
