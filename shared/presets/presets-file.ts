import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigurationError } from '../config.ts';
import { Sha256 } from '../domain/ids.ts';
import { Name } from '../domain/image.ts';
import { Preset, WrittenPreset } from '../domain/preset.ts';
import { readJsonFile, whyUnreadable } from '../json-file.ts';
import { BUILT_IN_PRESETS, type ConfiguredPresets } from './configured-presets.ts';
import { whyNoWatermark } from './watermark-png.ts';

const PresetsFile = z.record(z.string(), z.unknown());
const NamedPreset = z.tuple([Name, WrittenPreset]);

/**
 * Reads the presets of this process: the built-in ones, and those of a file beside them or in their place. The paths of
 * watermarks are relative to the file.
 * @param path null: there is no such file
 * @throws {ConfigurationError} with every fault of the file
 */
export async function readPresets(path: string | null): Promise<ConfiguredPresets> {
  if (path === null) return BUILT_IN_PRESETS;
  const byName = new Map(BUILT_IN_PRESETS.byName);
  const watermarks = new Map<Sha256, Uint8Array>();
  const faults: string[] = [];
  for (const entry of Object.entries(await readJson(path))) {
    const parsed = NamedPreset.safeParse(entry);
    if (!parsed.success) {
      faults.push(...parsed.error.issues.map((issue) => told(entry[0], issue)));
      continue;
    }
    const [name, { watermark, ...preset }] = parsed.data;
    if (!watermark) {
      byName.set(name, Preset.parse({ ...preset, name }));
      continue;
    }
    const { file, ...placed } = watermark;
    const png = await readWatermark(resolve(dirname(path), file));
    if (typeof png === 'string') {
      faults.push(`${name}.watermark.file: ${file}: ${png}`);
      continue;
    }
    const sha256 = Sha256.parse(createHash('sha256').update(png).digest('hex'));
    watermarks.set(sha256, png);
    byName.set(name, Preset.parse({ ...preset, name, watermark: { ...placed, sha256 } }));
  }
  if (faults.length > 0) throw new ConfigurationError(faults.map((fault) => `PRESETS_FILE: ${fault}`));
  return { byName, watermarks };
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  const parsed = PresetsFile.safeParse(await readJsonFile('PRESETS_FILE', path));
  if (parsed.success) return parsed.data;
  throw new ConfigurationError([`PRESETS_FILE: ${path}: it is no JSON object of presets by their names`]);
}

/** The bytes of a PNG, or what is wrong with it. */
async function readWatermark(path: string): Promise<Buffer | string> {
  try {
    const bytes = await readFile(path);
    return whyNoWatermark(bytes) ?? bytes;
  } catch (error) {
    return whyUnreadable(error);
  }
}

/** A fault as `listing.sizes[0].width: what is wrong`. */
function told(name: string, { path: [, ...within], message }: z.core.$ZodIssue): string {
  return `${z.core.toDotPath([name, ...within])}: ${message}`;
}
