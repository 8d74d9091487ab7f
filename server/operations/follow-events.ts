import type { JobId, Tenant } from '../../shared/domain/ids.ts';
import { hasEnded } from '../../shared/domain/job.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { eventsSentTotal } from '../../shared/telemetry/metrics.ts';
import type { EventHub } from '../events/event-hub.ts';
import { idBlock, jobBlock, resetBlock, retryBlock } from '../events/event-text.ts';
import type { Subscription } from '../events/subscription.ts';

/** Who has missed more jobs than these reads them anew. */
export const MOST_REPLAYED = 500;

/** A client whose stream has broken comes again after so long, and not all at once. */
const retry = () => retryBlock(1_000 + Math.random() * 2_000);

export type EventBody = Subscription['stream']['body'];

/**
 * The events of a job: what it is at, then what it comes to, until it has ended.
 * @param seen the last event that the client has
 * @param cut ends its connection
 * @returns null: the tenant has no such job; `over`: the client has seen its end
 */
export async function followJob(
  hub: EventHub,
  store: JobStore,
  job: { id: JobId; tenant: Tenant },
  seen: number | null,
  cut: () => boolean,
): Promise<EventBody | 'over' | null> {
  const subscription = await hub.open({ job: job.id }, job.tenant, cut);
  return begin(subscription, async () => {
    const change = await store.findChange(job.id);
    if (change?.tenant !== job.tenant) return null;
    const isNew = change.change !== seen;
    if (!isNew && hasEnded(change.state)) return 'over';
    subscription.begin([retry(), ...(isNew ? [jobBlock(change, change.change)] : [])], [change]);
    return subscription.stream.body;
  });
}

/**
 * The events of all jobs of a tenant, from now on; where the client has had some before, from there on.
 * @param topic a tenant's, or all
 */
export async function followJobs(
  hub: EventHub,
  store: JobStore,
  topic: { tenant: Tenant } | 'all',
  caller: Tenant,
  seen: number | null,
  cut: () => boolean,
): Promise<EventBody> {
  const subscription = await hub.open(topic, caller, cut);
  return begin(subscription, async () => {
    const { settled } = hub;
    if (seen === null) {
      subscription.begin([retry(), idBlock(settled)], []);
      return subscription.stream.body;
    }
    const tenant = topic === 'all' ? null : topic.tenant;
    const { changes, last } = await store.changesAfter({ after: seen, tenant, limit: MOST_REPLAYED + 1 });
    // From a time that these records do not know, or from one that is too long ago.
    if (seen > last || changes.length > MOST_REPLAYED) {
      eventsSentTotal.inc({ event: 'reset' });
      subscription.begin([retry(), resetBlock(settled)], []);
    } else {
      const blocks = changes.map((change) =>
        jobBlock(change, Math.max(seen, Math.min(change.change, settled))),
      );
      subscription.begin([retry(), ...blocks], changes);
    }
    return subscription.stream.body;
  });
}

/** A stream that nobody gets is none. */
async function begin<T>(subscription: Subscription, opening: () => Promise<T>): Promise<T> {
  let body: T | undefined;
  try {
    body = await opening();
    return body;
  } finally {
    if (body !== subscription.stream.body) subscription.stream.drop();
  }
}
