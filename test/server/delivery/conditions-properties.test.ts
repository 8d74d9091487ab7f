import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BY_ADDRESS } from '../../../server/access/reading.ts';
import { answerVariant } from '../../../server/delivery/answer-variant.ts';
import { chooseVariant, presentVersionOf } from '../../../server/delivery/choose-variant.ts';
import { Problem } from '../../../server/problem.ts';
import { newRunId, Sha256 } from '../../../shared/domain/ids.ts';
import { OUTPUT_FORMATS, type PublishedSet, type Variant } from '../../../shared/domain/image.ts';
import { variantUrlName } from '../../../shared/domain/variant-url.ts';
import type { ByteRange, ImageStorage } from '../../../shared/storage/image-storage.ts';

const BYTES = 1_000;
const VARIANTS: Variant[] = OUTPUT_FORMATS.map((format) => ({
  name: 'thumb',
  format,
  width: 10,
  height: 10,
  bytes: BYTES,
  sha256: Sha256.parse('a'.repeat(64)),
  frames: 1,
}));
const SET: PublishedSet = {
  runId: newRunId(),
  manifest: { pipelineVersion: 1, variants: VARIANTS, description: null, privacy: null },
  publishedAt: 1,
};

const number = fc.oneof(fc.nat(2 * BYTES).map(String), fc.bigInt({ min: 0n }).map(String), fc.constant(''));
const anyText = fc.string({ unit: 'binary-ascii' });
const anyRange = fc.oneof(
  anyText,
  fc
    .tuple(fc.constantFrom('bytes=', 'Bytes=', 'bytes = ', 'bits='), number, number)
    .map(([unit, first, last]) => `${unit}${first}-${last}`),
);

test('whatever range is asked for, what is sent lies in the file', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyRange,
      fc.option(anyText, { nil: undefined }),
      fc.option(anyText, { nil: undefined }),
      async (range, ifRange, ifNoneMatch) => {
        let sent: ByteRange = { start: 0, end: BYTES - 1 };
        const storage = {
          readVariant: async (_run: string, _name: string, asked: ByteRange | undefined) => {
            sent = asked ?? sent;
            return new ReadableStream();
          },
        } as unknown as ImageStorage;
        const [variant] = VARIANTS;
        if (!variant) throw new Error('there is no variant');
        const choice = { variant, immutable: false, negotiated: false };
        try {
          const conditions = { method: 'GET', range, ifRange, ifNoneMatch };
          const answer = await answerVariant({ storage, direct: null }, SET, choice, conditions, BY_ADDRESS);
          expect([200, 206, 304]).toContain(answer?.status);
          expect(sent.start >= 0 && sent.start <= sent.end && sent.end < BYTES).toBe(true);
          if (answer?.status !== 304)
            expect(answer?.headers.get('content-length')).toBe(String(sent.end - sent.start + 1));
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
          expect(error).toMatchObject({ code: 'range_not_satisfiable' });
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('whatever is accepted, one of the variants is chosen', () => {
  const type = fc.tuple(
    fc.constantFrom('image/webp', 'image/*', '*/*', 'text/html', ''),
    fc.constantFrom('', ';q=0', ';q=0.5', ';q=x', ';;'),
  );
  const anyAccept = fc.oneof(
    anyText,
    fc.array(type.map((parts) => parts.join(''))).map((types) => types.join(',')),
  );
  fc.assert(
    fc.property(anyAccept, (accept) => {
      expect(VARIANTS).toContain(chooseVariant(VARIANTS, 'thumb', accept)?.variant);
    }),
    { numRuns: 500 },
  );
});

test('whatever the last part of an address is, it names a variant or nothing', () => {
  const parts = fc.array(
    fc.oneof(fc.constantFrom('thumb', '.', 'aaaaaaaaaaaaaaaa', 'webp', 'jpg', '..', '/'), anyText),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(parts, (all) => {
      const name = all.join('');
      const chosen = chooseVariant(VARIANTS, name, undefined);
      const present = presentVersionOf(VARIANTS, name);
      if (chosen) expect(VARIANTS).toContain(chosen.variant);
      if (present !== null) expect(VARIANTS.map(variantUrlName)).toContain(present);
    }),
    { numRuns: 1_000 },
  );
});
