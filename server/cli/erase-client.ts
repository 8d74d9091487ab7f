import type { z } from 'zod';
import { ErasureAnswer } from '../contract/operator-answers.ts';
import type { EraseSettings } from './erase-settings.ts';
import { ServiceClient } from './service-client.ts';

export type Erased = z.infer<typeof ErasureAnswer>;

/** What the command asks of the service. */
export interface EraseClient {
  /** To ask again erases nothing twice. @throws {Refused} @throws {OutOfReach} */
  erase(limit: number): Promise<Erased>;
}

export function eraseClient(
  { url, tenant, metadata, before, keepTraces }: EraseSettings,
  key: string | null,
): EraseClient {
  const service = new ServiceClient(url, key);
  const colon = metadata?.indexOf(':') ?? -1;
  const asked = {
    tenant,
    ...(metadata && { metadata: { field: metadata.slice(0, colon), value: metadata.slice(colon + 1) } }),
    ...(before && { before }),
    rewriteDatabase: !keepTraces,
  };
  return {
    erase: async (limit) =>
      ErasureAnswer.parse((await service.ask('POST', '/erasures', {}, { ...asked, limit })).json),
  };
}
