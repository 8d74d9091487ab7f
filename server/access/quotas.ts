import type { Tenant } from '../../shared/domain/ids.ts';
import { overQuota, type Quota, type Usage } from '../../shared/domain/usage.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { Problem } from '../problem.ts';

/** The quota of a tenant; null: it has none. */
export type QuotaOf = (tenant: Tenant) => Quota | null;

/**
 * @param usual of a tenant that has none of its own
 * @param own of tenants, as far as they say something else
 */
export function quotasOf(usual: Quota, own: ReadonlyMap<Tenant, Partial<Quota>>): QuotaOf {
  return (tenant) => {
    const quota = { ...usual, ...own.get(tenant) };
    return quota.bytes === null && quota.images === null ? null : quota;
  };
}

/** The same for a tenant that may have none, by what it has now. @throws {Problem} */
export async function refuseBeyondQuota(
  quotaOf: QuotaOf,
  tenant: Tenant,
  bytes: number,
  store: Pick<JobStore, 'usageOf'>,
): Promise<void> {
  const quota = quotaOf(tenant);
  if (quota) refuseBeyond(quota, await store.usageOf(tenant), bytes);
}

/** @throws {Problem} where an upload of so many bytes, or more, does not fit */
export function refuseBeyond(quota: Quota, usage: Usage, bytes: number): void {
  const found = overQuota(quota, usage, bytes);
  if (!found) return;
  const { over, limit, used } = found;
  const left = over === 'bytes' ? `, and this upload has ${bytes}` : '';
  throw new Problem(
    'quota_exceeded',
    `You may have ${limit} ${over} and have ${used}${left}: delete images, or ask who runs the service for more.`,
    { members: { quota: over, limit, used } },
  );
}
