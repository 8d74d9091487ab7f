import type { Sha256 } from '../domain/ids.ts';
import { DEFAULT_PRESET, type Preset } from '../domain/preset.ts';

/** Presets by their names; `default` is always among them. */
export type PresetsByName = ReadonlyMap<string, Preset>;

/** What this process makes of pictures that come now. */
export interface ConfiguredPresets {
  byName: PresetsByName;
  /** The PNGs that they lay over variants. */
  watermarks: ReadonlyMap<Sha256, Uint8Array>;
}

export const BUILT_IN_PRESETS: ConfiguredPresets = {
  byName: new Map([[DEFAULT_PRESET.name, DEFAULT_PRESET]]),
  watermarks: new Map(),
};
