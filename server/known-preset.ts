import type { Preset } from '../shared/domain/preset.ts';
import type { PresetsByName } from '../shared/presets/configured-presets.ts';
import { Problem } from './problem.ts';

/** The preset of a name that a client has given. @throws {Problem} that names those that there are */
export function knownPreset(name: string, presets: PresetsByName): Preset {
  const preset = presets.get(name);
  if (preset) return preset;
  const names = [...presets.keys()];
  throw new Problem('unknown_preset', `The presets are: ${names.join(', ')}.`, {
    members: { presets: names },
  });
}
