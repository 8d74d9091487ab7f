import { z } from 'zod';
import type { Focus } from '../../shared/domain/focus.ts';
import { MAX_METADATA_BYTES, Metadata } from '../../shared/domain/image.ts';
import { DEFAULT_PRESET, type Preset } from '../../shared/domain/preset.ts';
import type { Expires } from '../../shared/domain/retention.ts';
import type { PresetsByName } from '../../shared/presets/configured-presets.ts';
import { knownPreset } from '../known-preset.ts';
import { parseJson } from '../parse-json.ts';
import { Problem } from '../problem.ts';
import { ExpiresText } from './expires.ts';

/** Two decimal numbers from 0 to 1, of few digits. */
const FOCUS = /^(0(?:\.\d{1,20})?|1(?:\.0{1,20})?),(0(?:\.\d{1,20})?|1(?:\.0{1,20})?)$/;

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
  focus: z
    .string()
    .regex(FOCUS, 'a point of the picture as "x,y", each from 0 (left, top) to 1, such as 0.25,0.5')
    .transform((text): Focus => {
      const [x = 0, y = 0] = text.split(',').map(inThousandths);
      return { x, y };
    })
    .nullable()
    .default(null),
  expires: ExpiresText.nullable().default(null),
});

export interface Parameters {
  preset: Preset;
  metadata: Metadata | null;
  /** Of the upright picture. */
  focus: Focus | null;
  /** Null: the client has not said. */
  expires: Expires | null;
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
  const { preset, ...others } = parsed.data;
  return { preset: knownPreset(preset, presets), ...others };
}

/** Finer than that nobody points, and what is equal then shares its variants. */
const inThousandths = (text: string): number => Math.round(Number(text) * 1000) / 1000;
