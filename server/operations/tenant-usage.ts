import { Tenant } from '../../shared/domain/ids.ts';
import type { Quota, Usage } from '../../shared/domain/usage.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { QuotaOf } from '../access/quotas.ts';
import { Problem } from '../problem.ts';

export interface TenantUsage {
  usage: Usage;
  /** Null: it has none. */
  quota: Quota | null;
}

/** @throws {Problem} `not_found` where no tenant can be called so */
export async function tenantUsage(name: string, store: JobStore, quotaOf: QuotaOf): Promise<TenantUsage> {
  const tenant = Tenant.safeParse(name);
  if (!tenant.success) throw new Problem('not_found', 'No tenant can have this name.');
  return { usage: await store.usageOf(tenant.data), quota: quotaOf(tenant.data) };
}
