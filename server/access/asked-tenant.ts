import type { Tenant } from '../../shared/domain/ids.ts';
import { Problem } from '../problem.ts';
import type { Caller } from './caller.ts';

/**
 * Whose images a request is about: the caller's own, or those that it names where it may.
 * @throws {Problem} where it names another tenant and has not the scope `admin`
 */
export function askedTenant({ tenant, scopes, keyId }: Caller, named: Tenant | undefined): Tenant {
  if (named === undefined || named === tenant || scopes.has('admin')) return named ?? tenant;
  throw new Problem(
    'not_allowed',
    `The API key "${keyId}" has not the scope "admin", which images of another tenant need.`,
  );
}
