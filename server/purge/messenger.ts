import { setTimeout as sleep } from 'node:timers/promises';
import type { Topic } from '../../shared/domain/announcement.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { Announcement } from '../../shared/jobs/outbox.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { outboxTotal } from '../../shared/telemetry/metrics.ts';
import { pauseAfter } from '../outbox/pause-after.ts';

/** Told at the same time; a few, as what takes them has much else to do. */
const TOGETHER = 8;
/** Longer than a try may take: whose process has died over it gives it back by then. */
const LEASE_MS = 15_000;

const LOOK_EVERY_MS = 500;

const PAUSES = { firstMs: 1_000, longestMs: 5 * 60_000 };
/** What could not be told for so long is given up: whoever was away has missed more than this. */
const OLDEST_MS = 24 * 3600_000;

/** Sends a message. @returns null when it was taken, or why it was not */
export type Send = (
  message: Pick<Announcement, 'id' | 'body'>,
  signal: AbortSignal,
) => Promise<string | null>;

/**
 * Tells others what the outbox holds: each of it at least once, by whichever node comes first, in no order. A node that dies over
 * it is followed by another, or by its own next start.
 */
export class Messenger {
  readonly #store: JobStore;
  readonly #topic: Topic;
  readonly #send: Send;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #going: Promise<void> = Promise.resolve();

  constructor(store: JobStore, topic: Topic, send: Send, log: Logger) {
    this.#store = store;
    this.#topic = topic;
    this.#send = send;
    this.#log = log;
  }

  start(): void {
    this.#going = this.#goOn();
  }

  /** Resolves when nothing of it is under way; what was not answered is told again later. */
  stop(): Promise<void> {
    this.#stopping.abort();
    return this.#going;
  }

  async #goOn(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const told = await this.#tellSome().catch((error) => {
        this.#log.warn({ err: error, topic: this.#topic }, 'the outbox is out of reach');
        return 0;
      });
      if (told < TOGETHER)
        await sleep(LOOK_EVERY_MS * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {});
    }
  }

  async #tellSome(): Promise<number> {
    const asked = { topic: this.#topic, at: Date.now(), leaseMs: LEASE_MS, limit: TOGETHER };
    const messages = await this.#store.borrowAnnouncements(asked);
    const ends = await Promise.allSettled(messages.map((message) => this.#tell(message)));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return messages.length;
  }

  async #tell(message: Announcement): Promise<void> {
    const { id, tries, ageMs } = message;
    const why = await this.#send(message, this.#stopping.signal);
    const outcome = why === null ? 'delivered' : ageMs > OLDEST_MS ? 'given_up' : 'failed';
    outboxTotal.inc({ topic: this.#topic, outcome });
    if (outcome === 'failed') {
      const pauseMs = Math.round(pauseAfter(tries, Math.random(), PAUSES));
      await this.#store.postponeAnnouncement(id, Date.now(), pauseMs);
    } else {
      await this.#store.forgetAnnouncement(id);
    }
    const about = { topic: this.#topic, messageId: id, tries, why };
    if (outcome === 'given_up') this.#log.error(about, 'nobody could be told of a change: given up');
    if (outcome === 'failed') this.#log.warn(about, 'nobody could be told of a change: tried again later');
  }
}
