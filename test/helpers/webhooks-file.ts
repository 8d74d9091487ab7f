import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { WebhookBody } from '../../shared/domain/webhook.ts';
import type { RunningService } from './service.ts';
import type { Received } from './webhook-receiver.ts';

/** Writes a WEBHOOKS_FILE into a folder. @returns its path */
export async function writeWebhooks(folder: string, endpoints: object[]): Promise<string> {
  const path = join(folder, 'webhooks.json');
  await writeFile(path, JSON.stringify({ endpoints }));
  return path;
}

export const eventOf = ({ body }: Received): WebhookBody => WebhookBody.parse(JSON.parse(body));

const Report = z.looseObject({
  id: z.string(),
  disabled: z.looseObject({ why: z.string() }).nullable(),
  failed: z.looseObject({ why: z.string() }).nullable(),
  waiting: z.int(),
});

/** How an endpoint fares, as an operator is told. */
export async function endpointOf(service: RunningService, id: string, headers: Record<string, string> = {}) {
  const answer = await service.fetch('/webhooks', { headers });
  const { endpoints } = z.object({ endpoints: z.array(Report) }).parse(await answer.json());
  const found = endpoints.find((endpoint) => endpoint.id === id);
  if (!found) throw new Error(`there is no endpoint ${id}`);
  return found;
}
