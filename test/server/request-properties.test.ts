import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readJsonBody } from '../../server/json-body.ts';
import { cursorOf, cursorText, Limit, MOST_A_PAGE, readQuery } from '../../server/page.ts';
import { Problem } from '../../server/problem.ts';
import { preferredWait } from '../../server/routes/upload.ts';
import { JobId } from '../../shared/domain/ids.ts';
import { anyText } from '../helpers/any-text.ts';

const Place = z.object({ createdAt: z.int(), id: JobId });
const Query = z.object({ cursor: cursorOf(Place).optional(), limit: Limit });

/** What is read; null where it is refused as a bad parameter, and whatever else is thrown fails the test. */
async function orRefused<T>(read: () => T | Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(error.code).toBe('bad_parameter');
    expect(error.detail).not.toContain('undefined');
    return null;
  }
}

describe('the query of a page', () => {
  test('is read or refused, whatever it is', async () => {
    const encoded = anyText.map((text) => Buffer.from(text).toString('base64url'));
    const query = fc.record({ cursor: fc.oneof(anyText, encoded), limit: anyText }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(query, async (given) => {
        const read = await orRefused(() => readQuery(Query, given));
        if (read) expect(read.limit >= 1 && read.limit <= MOST_A_PAGE).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('has the place that a cursor was made of', async () => {
    const place = fc.record({ createdAt: fc.maxSafeInteger(), id: fc.uuid({ version: 4 }) });
    await fc.assert(
      fc.asyncProperty(place, async (given) => {
        const read = await orRefused(() => readQuery(Query, { cursor: cursorText(given) ?? '' }));
        expect(read?.cursor).toEqual(given);
      }),
    );
  });
});

describe('a body of JSON', () => {
  const Asked = z.strictObject({
    seconds: z.int().min(1).default(1),
    preset: z.string().nullable().default(null),
  });
  const patience = { stallMs: 10_000, wholeMs: 10_000 };
  const read = (body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) =>
    orRefused(() =>
      readJsonBody(Asked, Readable.from(body), patience, { seconds: 'a number', preset: 'a name' }),
    );

  test('is read or refused, whatever it is and however it comes', async () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      anyText.map((text) => Buffer.from(text)),
      fc.json().map((json) => Buffer.from(`{"seconds":${json}}`)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 20 }), async (body, piece) => {
        async function* inPieces() {
          for (let at = 0; at < body.length; at += piece) yield body.subarray(at, at + piece);
        }
        const found = await read(inPieces());
        if (found) Asked.parse(found);
      }),
      { numRuns: 500 },
    );
  });

  test('is read no further than it may be long', async () => {
    let asked = 0;
    async function* endless() {
      for (; ; asked++) yield Buffer.alloc(1_000, ' ');
    }
    expect(await read(endless())).toBeNull();
    expect(asked).toBeLessThanOrEqual(5);
  });
});

test('a preference to wait is some seconds, a minute at most, or none', () => {
  const preference = fc.array(
    fc.oneof(fc.constantFrom('wait', '=', '"', ',', ';', ' ', '10', '99999999999', 'respond-async'), anyText),
  );
  fc.assert(
    fc.property(preference, (parts) => {
      const seconds = preferredWait(parts.join(''));
      if (seconds !== null) expect(Number.isInteger(seconds) && seconds >= 0 && seconds <= 60).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});
