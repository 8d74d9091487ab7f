import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BodyDigest } from '../../../server/intake/body-digest.ts';
import { claimKeyOf } from '../../../server/intake/idempotency.ts';
import { readParameters } from '../../../server/intake/parameters.ts';
import { Problem, type ProblemCode } from '../../../server/problem.ts';
import { DEFAULT_TENANT } from '../../../shared/domain/ids.ts';
import { Metadata } from '../../../shared/domain/image.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import { BUILT_IN_PRESETS } from '../../../shared/presets/configured-presets.ts';
import { anyText } from '../../helpers/any-text.ts';

/** Null where nothing is refused; whatever else than a refusal is thrown fails the test. */
async function refusal(read: () => unknown): Promise<ProblemCode | null> {
  try {
    await read();
    return null;
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

test('the fields of an upload are read or refused, whatever they are', async () => {
  const name = fc.oneof(fc.constantFrom('preset', 'metadata', 'focus', '__proto__'), anyText);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, anyText)), async (fields) => {
      const code = await refusal(() => {
        const { metadata, focus } = readParameters(new Map(fields), BUILT_IN_PRESETS.byName);
        if (metadata) Metadata.parse(metadata);
        for (const part of [focus?.x ?? 0, focus?.y ?? 0]) expect(part >= 0 && part <= 1).toBe(true);
      });
      expect([null, 'bad_parameter', 'unknown_preset']).toContain(code);
    }),
    { numRuns: 500 },
  );
});

describe('a digest of the body', () => {
  async function* of(body: Uint8Array) {
    yield body;
  }
  const check = async (contentDigest: string, body: Uint8Array) => {
    const digest = new BodyDigest({ contentDigest, reprDigest: undefined });
    for await (const _ of digest.through(of(body)));
    digest.check();
  };

  test('is read or refused, whatever the field says', async () => {
    const named = anyText.map((text) => `sha-256=${text}`);
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyText, named), async (field) => {
        expect([null, 'bad_parameter', 'digest_mismatch']).toContain(
          await refusal(() => check(field, Buffer.from('body'))),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('speaks for one body and no other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.uint8Array(), async (one, other) => {
        const field = `sha-256=:${createHash('sha256').update(one).digest('base64')}:`;
        expect(await refusal(() => check(field, one))).toBeNull();
        const isSame = Buffer.from(one).equals(other);
        expect(await refusal(() => check(field, other))).toBe(isSame ? null : 'digest_mismatch');
      }),
    );
  });
});

test('an idempotency key is a string of 1 to 255 characters, or refused', async () => {
  const claims: string[] = [];
  const store = {
    claimKey: async ({ key }: { key: string }) => {
      claims.push(key);
      return 'claimed';
    },
  } as unknown as JobStore;
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        anyText,
        anyText.map((text) => `"${text}"`),
      ),
      async (idempotencyKey) => {
        const code = await refusal(() =>
          claimKeyOf({ tenant: DEFAULT_TENANT, idempotencyKey, ticket: null }, store, 1),
        );
        expect([null, 'bad_parameter']).toContain(code);
      },
    ),
    { numRuns: 500 },
  );
  expect(claims.length).toBeGreaterThan(0);
  for (const key of claims) expect(key.length >= 1 && key.length <= 255).toBe(true);
});
