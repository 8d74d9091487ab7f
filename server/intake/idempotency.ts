import { createHash } from 'node:crypto';
import { parseItem } from 'structured-headers';
import { type FirstAnswer, IdempotencyKey } from '../../shared/domain/idempotency.ts';
import { type ClaimId, newClaimId, Sha256 } from '../../shared/domain/ids.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { Problem } from '../problem.ts';
import type { IncomingUpload } from './receive.ts';

/** What a request's idempotency key makes of it: the first with that key, or one that repeats an accepted one. */
export type Attempt =
  | { kind: 'keyless' }
  | { kind: 'first'; claim: ClaimId }
  | ({ kind: 'again' } & FirstAnswer);

/**
 * Claims the key of a request for as long as that may take. Only an accepted upload is an answer that is kept: after a
 * refusal the same key may be used again.
 * @param idempotencyKey the field `Idempotency-Key`, of draft-ietf-httpapi-idempotency-key-header-07
 * @param leaseMs how long a claim holds if nothing is ever heard again of its request
 * @throws {Problem}
 */
export async function claimKeyOf(
  {
    tenant,
    idempotencyKey: header,
    ticket,
    resumed,
  }: Pick<IncomingUpload, 'tenant' | 'idempotencyKey' | 'ticket' | 'resumed'>,
  store: JobStore,
  leaseMs: number,
): Promise<Attempt> {
  // An upload that was begun with a ticket is called as that is.
  const once = ticket?.id ?? resumed;
  if (header === undefined && once === undefined) return { kind: 'keyless' };
  const at = Date.now();
  const key = once === undefined ? keyIn(header ?? '') : keyOfTicket(once);
  const claim = { id: newClaimId(), tenant, key, until: at + leaseMs };
  const found = await store.claimKey(claim, at);
  if (found === 'claimed') return { kind: 'first', claim: claim.id };
  if (found !== 'in_flight') return { kind: 'again', ...found };
  throw keyInFlight();
}

export function keyInFlight(): Problem {
  return new Problem(
    'key_in_flight',
    'A request with this Idempotency-Key is on its way: wait for its answer.',
    {
      retryAfter: 1,
    },
  );
}

/** The same for requests that ask for the same. */
export function fingerprintOf(image: Sha256, parameters: object): Sha256 {
  const text = JSON.stringify([image, parameters]);
  return Sha256.parse(createHash('sha256').update(text).digest('hex'));
}

export function keyReused(): Problem {
  return new Problem(
    'key_reused',
    'This Idempotency-Key belongs to an upload of other bytes or with other parameters: use a new one.',
  );
}

/** A ticket is a key that is used once, and none that a client can send: the arrow is not to be had in a header. */
const keyOfTicket = (id: string) => IdempotencyKey.parse(`ticket → ${id}`);

export function ticketUsed(): Problem {
  return new Problem('ticket_used', 'This ticket has brought another picture: ask for another one.');
}

/** The draft has a string in quotes; many clients leave these out. */
function keyIn(header: string): IdempotencyKey {
  const parsed = IdempotencyKey.safeParse(header.startsWith('"') ? stringIn(header) : header);
  if (parsed.success) return parsed.data;
  throw new Problem(
    'bad_parameter',
    'The header Idempotency-Key takes a string of 1 to 255 characters, such as a new UUID for each picture.',
  );
}

function stringIn(header: string): unknown {
  try {
    return parseItem(header)[0];
  } catch {
    return undefined;
  }
}
