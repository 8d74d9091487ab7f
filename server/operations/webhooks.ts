import { EndpointId, type Subscription } from '../../shared/domain/webhook.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { EndpointState } from '../../shared/jobs/webhooks/records.ts';
import { Problem } from '../problem.ts';

/** What an operator is told of an endpoint: its secrets are no part of it. */
export type ToldEndpoint = Subscription & { url: URL };

/** How an endpoint of the file fares. */
export interface EndpointReport {
  endpoint: ToldEndpoint;
  state: EndpointState;
}

const FRESH = { disabled: null, succeededAt: null, failed: null, waiting: 0, oldestAt: null };

/** In the order of the file. */
export async function reportEndpoints(
  endpoints: readonly ToldEndpoint[],
  store: JobStore,
): Promise<EndpointReport[]> {
  const states = await store.webhookStates();
  return endpoints.map((endpoint) => ({
    endpoint,
    state: states.find(({ id }) => id === endpoint.id) ?? { id: endpoint.id, ...FRESH },
  }));
}

/** @throws {Problem} `not_found`: the file names none of this id */
export function knownEndpoint(endpoints: readonly ToldEndpoint[], text: string): ToldEndpoint {
  const id = EndpointId.safeParse(text);
  const known = id.success ? endpoints.find((endpoint) => endpoint.id === id.data) : undefined;
  if (!known) throw new Problem('not_found', 'WEBHOOKS_FILE names no endpoint with this id.');
  return known;
}

/** Goes on with an endpoint, whether it was disabled or not. */
export async function enableEndpoint(endpoint: ToldEndpoint, store: JobStore): Promise<EndpointReport> {
  await store.enableWebhook(endpoint.id);
  const [report] = await reportEndpoints([endpoint], store);
  return report as EndpointReport;
}
