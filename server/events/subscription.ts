import type { JobId, Tenant } from '../../shared/domain/ids.ts';
import { hasEnded } from '../../shared/domain/job.ts';
import type { JobChange } from '../../shared/jobs/records.ts';
import { eventsSentTotal } from '../../shared/telemetry/metrics.ts';
import { EventStream, type StreamEnds } from './event-stream.ts';
import { BEAT, idBlock } from './event-text.ts';

/** What a stream tells of: one job, to its end; the jobs of a tenant; or all. */
export type Topic = { job: JobId } | { tenant: Tenant } | 'all';

interface Held {
  change: JobChange;
  block: Uint8Array<ArrayBuffer>;
}

/** More than comes while the beginning of a stream is read. */
const MOST_HELD = 1_000;

/** One client, and what it is told. What comes before its beginning is known is held until then. */
export class Subscription {
  readonly topic: Topic;
  readonly stream: EventStream;
  #held: Held[] | null = [];
  /** Told at the beginning: the feed may come to these later. */
  #seen: Map<JobId, number> | null = null;
  #seenUpTo = 0;
  #toldId = 0;

  constructor(topic: Topic, ends: StreamEnds) {
    this.topic = topic;
    this.stream = new EventStream(ends);
  }

  /**
   * Sends the beginning, and what came meanwhile; from now on it is told of what comes.
   * @param told the changes that the beginning tells of
   */
  begin(blocks: readonly Uint8Array<ArrayBuffer>[], told: readonly JobChange[]): void {
    this.stream.begin(blocks);
    this.#seen = new Map(told.map(({ id, change }) => [id, change]));
    this.#seenUpTo = told.at(-1)?.change ?? 0;
    const held = this.#held ?? [];
    this.#held = null;
    if (told.length > 0) eventsSentTotal.inc({ event: 'job' }, told.length);
    for (const change of told) this.#finishAfter(change);
    for (const { change, block } of held) this.changed(change, block, 0);
  }

  /** @param settled that of the feed */
  changed(change: JobChange, block: Uint8Array<ArrayBuffer>, settled: number): void {
    if (this.#held) {
      if (this.#held.push({ change, block }) > MOST_HELD) this.stream.cut();
      return;
    }
    if (this.#seen && change.change <= (this.#seen.get(change.id) ?? 0)) return;
    if (settled > this.#seenUpTo && !this.#isOfJob) this.#seen = null;
    if (this.stream.send(block)) eventsSentTotal.inc({ event: 'job' });
    this.#finishAfter(change);
  }

  stepped(block: Uint8Array<ArrayBuffer>): void {
    if (!this.#held && this.stream.send(block)) eventsSentTotal.inc({ event: 'step' });
  }

  /** Says that it lives. @param settled whoever comes again goes on from there */
  beat(settled: number): void {
    if (this.#held) return;
    const hasId = !this.#isOfJob && settled > this.#toldId;
    this.#toldId = settled;
    this.stream.send(hasId ? idBlock(settled) : BEAT);
  }

  get #isOfJob(): boolean {
    return this.topic !== 'all' && 'job' in this.topic;
  }

  #finishAfter({ state }: JobChange): void {
    if (this.#isOfJob && hasEnded(state)) this.stream.finish();
  }
}
