import type { Config } from '../../shared/config.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { Messenger } from '../purge/messenger.ts';
import { readPurgeSecret } from '../purge/purge-secret.ts';
import { sendWebhook } from '../purge/send-webhook.ts';
import type { Node } from './node.ts';

/**
 * What tells the cache in front of the service what has changed: ready before there is a node.
 * @throws {ConfigurationError}
 */
export async function preparePurging({ url, secretPath }: NonNullable<Config['purge']>) {
  const receiver = { url, secret: await readPurgeSecret(secretPath) };
  return async ({ store, common }: Node, log: Logger): Promise<Messenger> => {
    // Where the process is alone nobody else is at it.
    if (common === null) await store.releaseAnnouncements(Date.now());
    return new Messenger(store, 'purge', (message, signal) => sendWebhook(receiver, message, signal), log);
  };
}
