import type { Config } from '../../shared/config.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { DeleteParts } from '../operations/delete-image.ts';
import { deleteExpiredImages, removeSpentOriginals } from '../upkeep/retention.ts';
import { Repeated } from './repeated.ts';

/** How often it is looked for what has had its time, in milliseconds. */
const EVERY_MS = 10_000;

/**
 * Removes what has had its time, and adds up what tenants have. To be woken when a run has ended.
 * @param isOurTurn false: another node has done so a moment ago
 */
export function retentionOf(
  { keepOriginalsMs }: Pick<Config, 'keepOriginalsMs'>,
  parts: DeleteParts,
  isOurTurn: () => Promise<boolean>,
  log: Logger,
): Repeated {
  const round = async (signal: AbortSignal) => {
    if (!(await isOurTurn())) return;
    const expired = await deleteExpiredImages(parts, signal);
    const originals = await removeSpentOriginals(parts.store, parts.storage, keepOriginalsMs, signal);
    while ((await parts.store.foldUsage()) > 0 && !signal.aborted);
    if (expired + originals > 0) log.info({ expired, originals }, 'removed what has had its time');
  };
  return new Repeated('retention', round, EVERY_MS, log);
}
