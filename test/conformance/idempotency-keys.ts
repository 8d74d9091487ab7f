import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type IdempotencyKey, KEY_KEPT_MS, type KeyClaim } from '../../shared/domain/idempotency.ts';
import { DEFAULT_TENANT, newClaimId, type Tenant } from '../../shared/domain/ids.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { newUpload, sha256Of } from '../helpers/job-records.ts';
import type { OpenedJobStore } from './opened-job-store.ts';

const NOW = 1_000_000;
const LEASE_MS = 1_000;

/** What every {@link JobStore} does with idempotency keys: one request, one answer, for so long. */
export function describeIdempotencyKeys(name: string, open: () => Promise<OpenedJobStore>): void {
  describe(`${name}: idempotency keys`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.dispose());

    let count = 0;
    const newClaim = (given: Partial<KeyClaim> = {}): KeyClaim => ({
      id: newClaimId(),
      tenant: DEFAULT_TENANT,
      key: `key ${++count}` as IdempotencyKey,
      until: NOW + LEASE_MS,
      ...given,
    });
    const again = (claim: KeyClaim, given: Partial<KeyClaim> = {}) => newClaim({ key: claim.key, ...given });

    async function claimed(given: Partial<KeyClaim> = {}): Promise<KeyClaim> {
      const claim = newClaim(given);
      expect(await store.claimKey(claim, NOW)).toBe('claimed');
      return claim;
    }

    async function answered(claim: KeyClaim) {
      const fingerprint = sha256Of(claim.key);
      const upload = newUpload({ image: { createdAt: NOW }, claim: { id: claim.id, fingerprint } });
      await store.acceptUpload(upload);
      const { id, imageId, state } = upload.job;
      return { fingerprint, job: { id, imageId, state } };
    }

    test('a key is one request at a time', async () => {
      const claim = await claimed();
      expect(await store.claimKey(again(claim), NOW)).toBe('in_flight');
      expect(await store.claimKey(newClaim(), NOW), 'another key').toBe('claimed');
      const other = again(claim, { tenant: 'other' as Tenant });
      expect(await store.claimKey(other, NOW), 'the same key of another tenant').toBe('claimed');
    });

    test('of many that come at once with a key, one has it', async () => {
      const claim = newClaim();
      const answers = await Promise.all(Array.from({ length: 20 }, () => store.claimKey(again(claim), NOW)));
      expect(answers.toSorted()).toEqual(['claimed', ...Array(19).fill('in_flight')]);
    });

    test('a refused request gives its key back', async () => {
      const claim = await claimed();
      await store.releaseClaim(claim.id);
      expect(await store.claimKey(again(claim), NOW)).toBe('claimed');
    });

    test('an accepted upload is the answer for a day, to the millisecond', async () => {
      const claim = await claimed();
      const answer = await answered(claim);
      expect(await store.claimKey(again(claim), NOW)).toEqual(answer);
      await store.releaseClaim(claim.id);
      await store.releaseAllClaims();
      expect(await store.claimKey(again(claim), NOW + KEY_KEPT_MS - 1)).toEqual(answer);
      const next = again(claim, { until: NOW + KEY_KEPT_MS + LEASE_MS });
      expect(await store.claimKey(next, NOW + KEY_KEPT_MS)).toBe('claimed');
    });

    test('a claim that nobody gives back ends by itself, and its request can accept nothing any more', async () => {
      const late = await claimed();
      const next = again(late, { until: NOW + 2 * LEASE_MS });
      expect(await store.claimKey(next, NOW + LEASE_MS - 1)).toBe('in_flight');
      expect(await store.claimKey(next, NOW + LEASE_MS)).toBe('claimed');
      const upload = newUpload({ claim: { id: late.id, fingerprint: sha256Of('late') } });
      expect(await store.acceptUpload(upload)).toBe('claim_lost');
      expect(await store.findImage(upload.image.id, null)).toBeNull();
      await answered(next);
    });

    test('an upload that is refused by the store does not use up its key', async () => {
      const claim = await claimed();
      const upload = newUpload({ claim: { id: claim.id, fingerprint: sha256Of('x') }, needsTwin: true });
      expect(await store.acceptUpload(upload)).toBe('no_twin');
      expect(await store.claimKey(again(claim), NOW)).toBe('in_flight');
      await answered(claim);
    });

    test('an upload that shares a run is an answer as well', async () => {
      const first = newUpload();
      await store.acceptUpload(first);
      const claim = await claimed();
      const twin = newUpload({
        image: { sha256: first.image.sha256 },
        claim: { id: claim.id, fingerprint: sha256Of('twin') },
      });
      await store.acceptUpload(twin);
      expect(await store.claimKey(again(claim), NOW)).toMatchObject({ job: { id: twin.job.id } });
    });

    test('after a crash of the service, claims are free and answers are kept', async () => {
      const own = await open();
      try {
        const cut = newClaim();
        const kept = newClaim();
        await own.store.claimKey(cut, NOW);
        await own.store.claimKey(kept, NOW);
        const fingerprint = sha256Of('kept');
        await own.store.acceptUpload(newUpload({ claim: { id: kept.id, fingerprint } }));
        const next = await own.reopen();
        await next.releaseAllClaims();
        expect(await next.claimKey(again(cut), NOW)).toBe('claimed');
        expect(await next.claimKey(again(kept), NOW)).toMatchObject({ fingerprint });
      } finally {
        await own.dispose();
      }
    });
  });
}
