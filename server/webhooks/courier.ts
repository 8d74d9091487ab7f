import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EndpointId } from '../../shared/domain/webhook.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { WebhookMessage } from '../../shared/jobs/webhooks/records.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { webhooksTotal } from '../../shared/telemetry/metrics.ts';
import type { Endpoint } from './endpoints.ts';
import type { Told } from './tell.ts';

/** Told to one endpoint at the same time, by this node. */
const TOGETHER = 4;
/** Longer than a try may take, with its end: whose process has died over it gives it back by then. */
const LEASE_MS = 20_000;

const LOOK_EVERY_MS = 500;
const SWEEP_EVERY_MS = 60_000;

export type Tell = (endpoint: Endpoint, message: WebhookMessage, signal: AbortSignal) => Promise<Told>;

/**
 * Tells endpoints what waits for them: each of it at least once, by whichever node comes first, in the order of each image. One
 * that hangs or fails holds up no other.
 */
export class Courier {
  readonly #store: JobStore;
  readonly #endpoints: () => readonly Endpoint[];
  readonly #tell: Tell;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  readonly #underWay = new Map<Promise<void>, EndpointId>();
  /** Until when an endpoint wants to be left alone, by `performance.now()`. */
  readonly #rests = new Map<EndpointId, number>();
  #waking = new AbortController();
  #going: Promise<unknown> = Promise.resolve();

  constructor(store: JobStore, endpoints: () => readonly Endpoint[], tell: Tell, log: Logger) {
    this.#store = store;
    this.#endpoints = endpoints;
    this.#tell = tell;
    this.#log = log;
  }

  start(): void {
    this.#going = Promise.all([this.#goOn(), this.#sweep()]);
  }

  /** Resolves when nothing of it is under way; what was not answered is told again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#going;
    await Promise.all(this.#underWay.keys());
  }

  async #goOn(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#waking = new AbortController();
      await this.#tellSome().catch((error) => this.#log.warn({ err: error }, 'webhooks are out of reach'));
      const ends = AbortSignal.any([signal, this.#waking.signal]);
      await sleep(LOOK_EVERY_MS * (0.75 + Math.random() / 2), undefined, { signal: ends }).catch(() => {});
    }
  }

  async #tellSome(): Promise<void> {
    const all = this.#endpoints();
    const endpoints = all
      .map(({ id }) => ({ id, limit: this.#isResting(id) ? 0 : TOGETHER - this.#countOf(id) }))
      .filter(({ limit }) => limit > 0);
    if (endpoints.length === 0) return;
    const asked = { endpoints, at: Date.now(), leaseMs: LEASE_MS, lease: randomUUID() };
    for (const message of await this.#store.borrowWebhooks(asked)) {
      const endpoint = all.find(({ id }) => id === message.endpoint);
      if (!endpoint) continue;
      const told = this.#deliver(endpoint, message).finally(() => {
        this.#underWay.delete(told);
        this.#waking.abort();
      });
      this.#underWay.set(told, endpoint.id);
    }
  }

  #isResting(id: EndpointId): boolean {
    return performance.now() < (this.#rests.get(id) ?? 0);
  }

  #countOf(id: EndpointId): number {
    return [...this.#underWay.values()].filter((it) => it === id).length;
  }

  /** Where its end cannot be kept, it is told again when its lease is over. Never rejects. */
  async #deliver(endpoint: Endpoint, message: WebhookMessage): Promise<void> {
    const { id, lease, event, imageId, tries } = message;
    const about = { endpoint: endpoint.id, messageId: id, event, imageId, tries };
    try {
      const { end, restMs } = await this.#tell(endpoint, message, this.#stopping.signal);
      if (restMs > 0) this.#rests.set(endpoint.id, performance.now() + restMs);
      const status = await this.#store.settleWebhook({ id, lease, at: Date.now(), end });
      if (end.outcome === 'interrupted') return;
      const outcome = status === 'given_up' ? status : end.outcome === 'delivered' ? 'delivered' : 'failed';
      webhooksTotal.inc({ endpoint: endpoint.id, outcome });
      if (end.outcome === 'delivered') return this.#log.info(about, 'webhook delivered');
      const why = end.why;
      if (end.outcome === 'gone') this.#log.error({ ...about, why }, 'webhook endpoint disabled');
      else if (status === 'given_up') this.#log.error({ ...about, why }, 'webhook given up');
      else this.#log.warn({ ...about, why }, 'webhook not delivered: tried again later');
    } catch (error) {
      this.#log.warn({ ...about, err: error }, 'the end of a webhook is not kept');
    }
  }

  async #sweep(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const swept = await this.#store.sweepWebhooks(Date.now()).catch((error) => {
        this.#log.warn({ err: error }, 'webhooks were not swept');
        return { givenUp: 0, forgotten: 0 };
      });
      if (swept.givenUp > 0) this.#log.error(swept, 'webhooks given up that nobody could be told');
      const isMore = swept.givenUp + swept.forgotten > 0;
      const pause = isMore ? LOOK_EVERY_MS : SWEEP_EVERY_MS;
      await sleep(pause * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {});
    }
  }
}
