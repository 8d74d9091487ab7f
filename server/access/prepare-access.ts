import { type Config, isLoopback } from '../../shared/config.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { ApiKeys } from './api-keys.ts';
import { type ClientAddress, clientAddressBehind } from './client-address.ts';
import type { CommonAccess } from './common-access.ts';
import { type Identify, identifyAnybody, identifyBy } from './identify.ts';
import { type QuotaOf, quotasOf } from './quotas.ts';
import { RateLimits } from './rate-limits.ts';
import { SignedUrls } from './signed-urls.ts';
import { SigningKeys } from './signing-keys.ts';
import { TicketOffice } from './tickets.ts';

/** Who may come, and how often. */
export interface AccessParts {
  /** Who asks, by the key that is sent. */
  identify: Identify;
  tickets: TicketOffice;
  /** Null: variants are read by whoever has their address. */
  signedUrls: SignedUrls | null;
  rateLimits: RateLimits;
  clientAddress: ClientAddress;
  quotaOf: QuotaOf;
}

/** Null: there are none. @throws {ConfigurationError} with every fault of the file */
export const readApiKeys = async ({ apiKeysPath }: Config): Promise<ApiKeys | null> =>
  apiKeysPath ? ApiKeys.read(apiKeysPath) : null;

/** Whether there are several tenants. */
export const isShared = (keys: ApiKeys | null): boolean => keys !== null && keys.tenants > 1;

/**
 * @param common null: there is one node
 * @throws {ConfigurationError} with every fault of the file of signing keys
 */
export async function prepareAccess(
  config: Config,
  keys: ApiKeys | null,
  common: CommonAccess | null,
  log: Logger,
): Promise<AccessParts> {
  if (!keys && config.role !== 'worker') {
    const level = isLoopback(config.host) ? 'info' : 'warn';
    log[level](
      { host: config.host },
      'there are no API keys: whoever reaches the service may do all that it can',
    );
  }
  const signingKeys = await signingKeysOf(config, common);
  return {
    identify: keys ? identifyBy(keys) : identifyAnybody,
    tickets: new TicketOffice(signingKeys, common?.now),
    signedUrls: config.signedReads ? new SignedUrls(signingKeys, config.readUrlTtlS, common?.now) : null,
    rateLimits: new RateLimits(config, common?.limiter),
    clientAddress: clientAddressBehind(config.trustedProxies, tellOnce(log)),
    quotaOf: quotasOf(config.quota, keys?.quotas ?? new Map()),
  };
}

async function signingKeysOf({ signingKeysPath }: Config, common: CommonAccess | null): Promise<SigningKeys> {
  if (signingKeysPath) return SigningKeys.read(signingKeysPath);
  return common ? SigningKeys.inCommon(common.secret) : SigningKeys.ofThisProcess();
}

/** Once: any client may send that field. */
function tellOnce(log: Logger): (peer: string) => void {
  let isTold = false;
  return (peer) => {
    if (isTold) return;
    isTold = true;
    log.warn(
      { peer },
      'X-Forwarded-For is not believed: if this is a proxy of yours, name it in TRUSTED_PROXIES, else all its clients count as one',
    );
  };
}
