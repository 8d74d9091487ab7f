import type { PresetsByName } from '../../shared/presets/configured-presets.ts';
import type { Caller } from '../access/caller.ts';
import type { Ticket, TicketOffice } from '../access/tickets.ts';
import { knownPreset } from '../known-preset.ts';

export interface AskedTicket {
  /** Seconds. */
  expiresIn: number;
  maxBytes: number;
  /** Null: as the upload says. */
  preset: string | null;
}

export type IssuedTicket = Pick<Ticket, 'expiresAt' | 'maxBytes' | 'preset'> & { token: string };

/**
 * A ticket for one upload to the tenant of the caller.
 * @throws {Problem} when there is no such preset
 */
export async function issueTicket(
  { expiresIn, maxBytes, preset }: AskedTicket,
  { keyId, tenant }: Caller,
  tickets: TicketOffice,
  presets: PresetsByName,
): Promise<IssuedTicket> {
  if (preset !== null) knownPreset(preset, presets);
  const expiresAt = (Math.floor(Date.now() / 1000) + expiresIn) * 1000;
  const token = await tickets.issue({ keyId, tenant, preset, maxBytes, expiresAt });
  return { token, expiresAt, maxBytes, preset };
}
