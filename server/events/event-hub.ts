import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tenant } from '../../shared/domain/ids.ts';
import type { ChangeFeed } from '../../shared/jobs/change-feed.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { JobChange } from '../../shared/jobs/records.ts';
import type { JobStep, NewsListener } from '../../shared/queue/job-news.ts';
import { eventStreamsCutTotal } from '../../shared/telemetry/metrics.ts';
import { Problem } from '../problem.ts';
import { jobBlock, retryBlock, stepBlock } from './event-text.ts';
import { Subscription, type Topic } from './subscription.ts';

/** Proxies end connections on which nothing comes for 30 to 60 s. */
const BEAT_MS = 15_000;
const LOOK_MS = 1_000;

/** What is left to be read when the service ends is waited for so long. */
const LAST_WORDS_MS = 500;

/** Events of some 400 bytes each. */
const AT_ONCE = 50;

export interface StreamLimits {
  maxEventStreams: number;
  /** Whether there are several tenants: then none has more than half of all streams. */
  isShared: boolean;
}

/** All event streams of this process. Each change is read once and written once, however many are told of it. */
export class EventHub implements NewsListener {
  readonly #feed: ChangeFeed;
  readonly #store: Pick<JobStore, 'findChange'>;
  readonly #limits: StreamLimits;
  readonly #open = new Set<Subscription>();
  readonly #byTopic = new Map<string, Set<Subscription>>();
  readonly #ofTenant = new Map<Tenant, number>();
  #begun: Promise<void> | null = null;
  #beating: NodeJS.Timeout | undefined;
  #isListening = false;
  #isClosed = false;

  constructor(feed: ChangeFeed, store: Pick<JobStore, 'findChange'>, limits: StreamLimits) {
    this.#feed = feed;
    this.#store = store;
    this.#limits = limits;
  }

  /** Streams that are open. */
  get size(): number {
    return this.#open.size;
  }

  /** That of the feed. */
  get settled(): number {
    return this.#feed.settled;
  }

  /**
   * A new stream, which is told of nothing before {@link Subscription.begin}.
   * @param cut ends its connection
   * @throws {Problem} `too_many_streams`, `draining`
   * @throws {StoreError}
   */
  async open(topic: Topic, tenant: Tenant, cut: () => boolean): Promise<Subscription> {
    this.#refuse(tenant);
    const subscription: Subscription = new Subscription(topic, {
      cut,
      tooSlow: () => eventStreamsCutTotal.inc(),
      over: () => this.#remove(subscription, tenant),
    });
    this.#add(subscription, tenant);
    this.#begun ??= this.#begin();
    try {
      await this.#begun;
    } catch (error) {
      this.#remove(subscription, tenant);
      throw error;
    }
    return subscription;
  }

  changed(): void {
    this.#feed.wake();
  }

  stepped(step: JobStep): void {
    const { jobId: job, tenant } = step;
    const told = [...this.#about({ job }), ...this.#about({ tenant }), ...this.#about('all')];
    if (told.length === 0) return;
    const block = stepBlock(step);
    for (const subscription of told) subscription.stepped(block);
  }

  /** Ends all streams, and asks their clients to come again, not all at once. */
  close(): void {
    this.#isClosed = true;
    const all = [...this.#open];
    for (const { stream } of all) {
      stream.send(retryBlock(500 + Math.random() * 4_000));
      stream.finish();
    }
    // Of what is over, the end may lie in a connection that nobody reads.
    setTimeout(() => {
      for (const { stream } of all) stream.cut();
    }, LAST_WORDS_MS).unref();
  }

  #refuse(tenant: Tenant): void {
    const { maxEventStreams, isShared } = this.#limits;
    if (this.#isClosed)
      throw new Problem('draining', 'Ask again: another process answers.', { retryAfter: 1 });
    const share = isShared ? Math.ceil(maxEventStreams / 2) : maxEventStreams;
    if (this.size < maxEventStreams && (this.#ofTenant.get(tenant) ?? 0) < share) return;
    const retryAfter = 5 + Math.floor(Math.random() * 10);
    throw new Problem('too_many_streams', 'Ask for the state of the job in the meantime.', { retryAfter });
  }

  async #begin(): Promise<void> {
    try {
      await this.#feed.begin((changes, settled) => this.#tell(changes, settled));
      this.#beating = setInterval(() => this.#beat(), LOOK_MS);
      this.#isListening = true;
      if (this.#open.size === 0) this.#rest();
    } catch (error) {
      this.#begun = null;
      throw error;
    }
  }

  /** Many at once would be more than waits for a reader: after some, all have a turn to take them. */
  async #tell(changes: readonly JobChange[], settled: number): Promise<void> {
    for (const [index, change] of changes.entries()) {
      if (index % AT_ONCE === AT_ONCE - 1) await nextTurn();
      this.#pass(this.#about({ job: change.id }), change, change.change);
      const id = Math.min(change.change, settled);
      this.#pass([...this.#about({ tenant: change.tenant }), ...this.#about('all')], change, id);
    }
  }

  #pass(told: readonly Subscription[], change: JobChange, id: number): void {
    if (told.length === 0) return;
    const block = jobBlock(change, id);
    for (const subscription of told) subscription.changed(change, block, this.#feed.settled);
  }

  #about(topic: Topic): Subscription[] {
    return [...(this.#byTopic.get(nameOf(topic)) ?? [])];
  }

  #beat(): void {
    const now = performance.now();
    for (const subscription of this.#open) {
      if (now - subscription.stream.sentAt < BEAT_MS - LOOK_MS) continue;
      subscription.beat(this.#feed.settled);
      void this.#endErased(subscription);
    }
  }

  /** Of a job that was erased there is no record any more that could change. */
  async #endErased({ topic, stream }: Subscription): Promise<void> {
    if (topic === 'all' || !('job' in topic)) return;
    // Where the records do not answer, it is asked with the next beat.
    const isThere = await this.#store.findChange(topic.job).catch(() => true);
    if (isThere === null) stream.finish();
  }

  #add(subscription: Subscription, tenant: Tenant): void {
    this.#open.add(subscription);
    this.#ofTenant.set(tenant, (this.#ofTenant.get(tenant) ?? 0) + 1);
    const name = nameOf(subscription.topic);
    this.#byTopic.set(name, (this.#byTopic.get(name) ?? new Set()).add(subscription));
  }

  #remove(subscription: Subscription, tenant: Tenant): void {
    if (!this.#open.delete(subscription)) return;
    const left = (this.#ofTenant.get(tenant) ?? 1) - 1;
    if (left > 0) this.#ofTenant.set(tenant, left);
    else this.#ofTenant.delete(tenant);
    const name = nameOf(subscription.topic);
    const told = this.#byTopic.get(name);
    told?.delete(subscription);
    if (told?.size === 0) this.#byTopic.delete(name);
    if (this.#open.size === 0) this.#rest();
  }

  /** Nobody listens: nothing is asked for. */
  #rest(): void {
    if (!this.#isListening) return;
    this.#isListening = false;
    clearInterval(this.#beating);
    this.#feed.end();
    this.#begun = null;
  }
}

function nameOf(topic: Topic): string {
  if (topic === 'all') return topic;
  return 'job' in topic ? `job ${topic.job}` : `tenant ${topic.tenant}`;
}
