import { Metadata } from '@tus/server';
import type { PresetsByName } from '../../shared/presets/configured-presets.ts';
import { readParameters } from '../intake/parameters.ts';
import type { UploadTicket } from '../intake/receive.ts';
import { Problem } from '../problem.ts';

/** What clients say of the file itself. The bytes say what it is, and a name is nobody's business. */
const OF_THE_FILE: ReadonlySet<string> = new Set(['filename', 'filetype', 'name', 'type', 'relativePath']);

/**
 * The text fields of an upload, as those of a form, checked before any of it comes.
 * @param metadata the value of `Upload-Metadata`; empty where there is none
 * @throws {Problem} for what cannot be read, and what no upload may say
 */
export function uploadFields(
  metadata: string,
  ticket: UploadTicket | null,
  presets: PresetsByName,
): Record<string, string> {
  const said = Object.entries(metadata === '' ? {} : parsed(metadata));
  const fields = new Map(
    said.flatMap(([name, value]) =>
      OF_THE_FILE.has(name) || value === null ? [] : [[name, value] as const],
    ),
  );
  if (ticket?.preset) fields.set('preset', ticket.preset);
  readParameters(fields, presets);
  return Object.fromEntries(fields);
}

function parsed(metadata: string): Record<string, string | null> {
  try {
    return Metadata.parse(metadata);
  } catch {
    throw new Problem(
      'bad_parameter',
      'The header Upload-Metadata takes keys, each once, with its value in base64, between commas.',
    );
  }
}
