import type { Subscription } from '../../shared/domain/webhook.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { EndpointState } from '../../shared/jobs/webhooks/records.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { gauges, webhooksTotal } from '../../shared/telemetry/metrics.ts';

/** The database is not asked more often, however many read: in milliseconds. */
const ASK_AGAIN_MS = 1_000;

/** What metrics show of the endpoints that are told of images: those of the file, and no other. */
export function showWebhooks(
  store: JobStore,
  endpoints: () => readonly Pick<Subscription, 'id'>[],
  log: Logger,
): void {
  const states = keptFor(ASK_AGAIN_MS, () => store.webhookStates(), log);
  const ofEach = (figure: (state: EndpointState | undefined) => number) => async () => {
    const ids = endpoints().map(({ id }) => id);
    const known = ids.length > 0 ? await states() : null;
    if (!known) return [];
    return ids.map((id) => [id, figure(known.find((state) => state.id === id))] as const);
  };
  gauges(
    'darkroom_webhook_messages',
    'What an endpoint is still to be told; of all nodes',
    'endpoint',
    ofEach((state) => state?.waiting ?? 0),
  );
  gauges(
    'darkroom_webhook_oldest_seconds',
    'How long that has waited which has waited longest',
    'endpoint',
    ofEach((state) => (state?.oldestAt ? Math.max(0, (Date.now() - state.oldestAt) / 1000) : 0)),
  );
  gauges(
    'darkroom_webhook_disabled',
    '1: the endpoint has said that it wants nothing any more',
    'endpoint',
    ofEach((state) => (state?.disabled ? 1 : 0)),
  );
  for (const { id } of endpoints())
    for (const outcome of ['delivered', 'failed', 'given_up'])
      webhooksTotal.inc({ endpoint: id, outcome }, 0);
}

/** Null: the store does not answer. */
function keptFor<T>(ms: number, ask: () => Promise<T>, log: Logger): () => Promise<T | null> {
  let asked: Promise<T | null> = Promise.resolve(null);
  let askedAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - askedAt < ms) return asked;
    askedAt = performance.now();
    asked = ask().catch((error) => {
      log.warn({ err: error }, 'figures of the store are missing');
      return null;
    });
    return asked;
  };
}
