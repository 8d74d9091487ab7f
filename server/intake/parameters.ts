import { z } from 'zod';
import { MAX_METADATA_BYTES, Metadata } from '../../shared/domain/image.ts';
import { DEFAULT_PRESET, type Preset } from '../../shared/domain/preset.ts';
import type { PresetsByName } from '../../shared/presets/configured-presets.ts';
import { knownPreset } from '../known-preset.ts';
import { Problem } from '../problem.ts';

const UploadParameters = z.object({
  preset: z.string().max(64).default(DEFAULT_PRESET.name),
  metadata: z
    .string()
    .refine(
      (text) => Buffer.byteLength(text) <= MAX_METADATA_BYTES,
      `at most ${MAX_METADATA_BYTES} bytes of JSON`,
    )
    .transform((text, context) => {
      const parsed = Metadata.safeParse(parseJson(text));
      if (parsed.success) return parsed.data;
      context.addIssue({ code: 'custom', message: 'a JSON object' });
      return z.NEVER;
    })
    .nullable()
    .default(null),
});

export interface Parameters {
  preset: Preset;
  metadata: Metadata | null;
}

/**
 * The text fields of an upload. Others than these are ignored, as forms carry tokens and buttons.
 * @throws {Problem}
 */
export function readParameters(fields: ReadonlyMap<string, string>, presets: PresetsByName): Parameters {
  const parsed = UploadParameters.safeParse(Object.fromEntries(fields));
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0] ?? { path: ['?'], message: 'a valid value' };
    throw new Problem('bad_parameter', `The field "${String(path[0])}" takes ${message}.`);
  }
  const { preset, metadata } = parsed.data;
  return { preset: knownPreset(preset, presets), metadata };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
