import type { EndpointId } from '../../domain/webhook.ts';
import type {
  DeliveriesAsked,
  DeliveryPage,
  EndpointState,
  ReplayedPage,
  ReplayOrder,
  SettledTry,
  WebhookMessage,
  WebhooksAsked,
} from './records.ts';

/** The part of the job store that has what endpoints are to be told. */
export interface WebhookStore {
  /** Borrows what endpoints are to be told, those that have waited longest first; of each image in the order in which it came about. */
  borrowWebhooks(asked: WebhooksAsked): Promise<WebhookMessage[]>;

  /** What became of it. @returns what is so from now on; null: somebody else is at it, or it is to be told no more */
  settleWebhook(settled: SettledTry): Promise<'delivered' | 'waiting' | 'given_up' | null>;

  /** After a crash of the service: nobody is at any of it. Only for a process that knows that it is alone. */
  releaseWebhooks(at: number): Promise<void>;

  /** Gives up what nobody could be told in time, and forgets what is old; some of it, and says how many. */
  sweepWebhooks(at: number): Promise<{ givenUp: number; forgotten: number }>;

  /** Of endpoints that were told something, or are to be. */
  webhookStates(): Promise<EndpointState[]>;

  /** Goes on with an endpoint that was disabled. False: it was not. */
  enableWebhook(id: EndpointId): Promise<boolean>;

  listDeliveries(asked: DeliveriesAsked): Promise<DeliveryPage>;

  replayWebhooks(order: ReplayOrder): Promise<ReplayedPage>;
}
