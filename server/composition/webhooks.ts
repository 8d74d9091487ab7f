import type { Logger } from '../../shared/telemetry/logger.ts';
import { Courier } from '../webhooks/courier.ts';
import { Endpoints } from '../webhooks/endpoints.ts';
import { tell } from '../webhooks/tell.ts';
import type { Node } from './node.ts';

/** Whom WEBHOOKS_FILE names, and who tells them. */
export interface Webhooks {
  endpoints: Endpoints;
  courierOf(node: Node, log: Logger): Promise<Courier>;
}

/** Ready before there is a node. @throws {ConfigurationError} */
export async function prepareWebhooks(path: string): Promise<Webhooks> {
  const endpoints = await Endpoints.read(path);
  return {
    endpoints,
    courierOf: async ({ store, common }, log) => {
      // Where the process is alone nobody else is at it.
      if (common === null) await store.releaseWebhooks(Date.now());
      return new Courier(store, () => endpoints.all, tell, log);
    },
  };
}
