import { type Config, isLoopback } from '../../shared/config.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { ApiKeys } from './api-keys.ts';
import { type ClientAddress, clientAddressBehind } from './client-address.ts';
import { type Identify, identifyAnybody, identifyBy } from './identify.ts';
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
  /** Whether there are several tenants. */
  isShared: boolean;
  rateLimits: RateLimits;
  clientAddress: ClientAddress;
}

/** @throws {ConfigurationError} with every fault of a file of keys */
export async function prepareAccess(config: Config, log: Logger): Promise<AccessParts> {
  const { apiKeysPath, signingKeysPath } = config;
  const keys = apiKeysPath ? await ApiKeys.read(apiKeysPath) : null;
  if (!keys) {
    const level = isLoopback(config.host) ? 'info' : 'warn';
    log[level](
      { host: config.host },
      'there are no API keys: whoever reaches the service may do all that it can',
    );
  }
  const signingKeys = signingKeysPath ? await SigningKeys.read(signingKeysPath) : SigningKeys.ofThisProcess();
  return {
    identify: keys ? identifyBy(keys) : identifyAnybody,
    isShared: keys !== null && keys.tenants > 1,
    tickets: new TicketOffice(signingKeys),
    signedUrls: config.signedReads ? new SignedUrls(signingKeys, config.readUrlTtlS) : null,
    rateLimits: new RateLimits(config),
    clientAddress: clientAddressBehind(config.trustedProxies, tellOnce(log)),
  };
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
