import type { z } from 'zod';
import type { Sha256 } from '../../shared/domain/ids.ts';
import { type QuarantinedAnswer, QuarantinePage } from '../contract/operator-answers.ts';
import { Refused, ServiceClient } from './service-client.ts';

/** Somebody sits before it and waits. */
const PATIENCE_MS = 10_000;

const NOT_FOUND = 404;

export type QuarantinedPicture = z.infer<typeof QuarantinedAnswer>;

export interface QuarantineClient {
  /** All of it, page by page, from the newest. */
  list(): AsyncGenerator<QuarantinedPicture[]>;
  /** False: there was no such entry, or not any more. */
  release(sha256: Sha256): Promise<boolean>;
}

/** @throws {Refused} from each call @throws {OutOfReach} */
export function quarantineClient(
  url: string,
  key: string | null,
  patienceMs = PATIENCE_MS,
): QuarantineClient {
  const service = new ServiceClient(url, key, patienceMs);
  return {
    async *list() {
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const { json } = await service.ask('GET', '/quarantine', cursor ? { cursor } : {});
        const page = QuarantinePage.parse(json);
        yield page.quarantined;
        cursor = page.next;
      }
    },
    async release(sha256) {
      try {
        await service.ask('DELETE', `/quarantine/${sha256}`);
        return true;
      } catch (error) {
        if (error instanceof Refused && error.status === NOT_FOUND) return false;
        throw error;
      }
    },
  };
}
