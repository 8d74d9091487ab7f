import { type KeyId, SCOPES, type Scope } from '../../shared/domain/access.ts';
import { DEFAULT_TENANT, type Tenant } from '../../shared/domain/ids.ts';

/** Who asks. */
export interface Caller {
  /** Null where there are no keys. */
  keyId: KeyId | null;
  /** Whose pictures these are: of another tenant's it learns nothing, not even that they are there. */
  tenant: Tenant;
  scopes: ReadonlySet<Scope>;
}

/** Whoever comes, where there are no keys. */
export const ANYBODY: Caller = { keyId: null, tenant: DEFAULT_TENANT, scopes: new Set(SCOPES) };
