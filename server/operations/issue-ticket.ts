import { type ImageId, newImageId } from '../../shared/domain/ids.ts';
import type { PresetsByName } from '../../shared/presets/configured-presets.ts';
import type { DirectAccess } from '../../shared/storage/direct-access.ts';
import type { Caller } from '../access/caller.ts';
import type { Ticket, TicketOffice } from '../access/tickets.ts';
import { knownPreset } from '../known-preset.ts';
import { nothingDirect } from './complete-upload.ts';

export interface AskedTicket {
  /** Seconds. */
  expiresIn: number;
  maxBytes: number;
  /** Null: as the upload says. */
  preset: string | null;
  /** When the image ends, in seconds from its acceptance or as a time of RFC 3339. Null: as the upload says. */
  expires: string | number | null;
  /** What the client is going to put into the bucket itself; null: it sends it to us. */
  direct: { bytes: number; contentType: string } | null;
}

export type IssuedTicket = Pick<Ticket, 'id' | 'expiresAt' | 'maxBytes' | 'preset' | 'expires'> & {
  token: string;
  /** Where the bytes go, with PUT and this very type; null: to us. */
  put: { url: string; contentType: string } | null;
};

/**
 * A ticket for one upload to the tenant of the caller.
 * @throws {Problem} when there is no such preset
 */
export async function issueTicket(
  { expiresIn, maxBytes: most, preset, expires: end, direct: upload }: AskedTicket,
  { keyId, tenant }: Caller,
  tickets: TicketOffice,
  presets: PresetsByName,
  direct: DirectAccess | null,
): Promise<IssuedTicket> {
  if (preset !== null) knownPreset(preset, presets);
  const expiresAt = tickets.endIn(expiresIn);
  const id = newImageId();
  const maxBytes = upload?.bytes ?? most;
  const expires = end === null ? null : String(end);
  const put = upload && (await placeFor(id, expiresIn, upload, direct));
  const token = await tickets.issue({ id, keyId, tenant, preset, expires, maxBytes, expiresAt });
  return { id, token, expiresAt, maxBytes, preset, expires, put };
}

async function placeFor(
  id: ImageId,
  seconds: number,
  { bytes, contentType }: NonNullable<AskedTicket['direct']>,
  direct: DirectAccess | null,
): Promise<IssuedTicket['put']> {
  if (!direct) throw nothingDirect();
  return { url: await direct.uploadUrl(id, { seconds, bytes, contentType }), contentType };
}
