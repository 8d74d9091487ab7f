import { stat } from 'node:fs/promises';
import { type Config, ConfigurationError } from '../../../shared/config.ts';
import { readPresets } from '../../../shared/presets/presets-file.ts';
import { ApiKeys } from '../../access/api-keys.ts';
import { SigningKeys } from '../../access/signing-keys.ts';
import { Endpoints } from '../../webhooks/endpoints.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';

const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o002;

type Paths = Pick<
  Config,
  'presetsPath' | 'apiKeysPath' | 'signingKeysPath' | 'webhooksPath' | 'host' | 'role'
>;

/** The files that settings name: whether they are there, can be read, and say what they have to. */
export async function fileFindings({
  presetsPath,
  apiKeysPath,
  signingKeysPath,
  webhooksPath,
}: Paths): Promise<Finding[]> {
  const findings = await Promise.all([
    examine('PRESETS_FILE', presetsPath, (path) => readPresets(path), OTHERS_WRITE),
    examine('API_KEYS_FILE', apiKeysPath, (path) => ApiKeys.read(path), OTHERS_WRITE),
    examine(
      'SIGNING_KEYS_FILE',
      signingKeysPath,
      (path) => SigningKeys.read(path),
      OTHERS_WRITE | OTHERS_READ,
    ),
    examine('WEBHOOKS_FILE', webhooksPath, (path) => Endpoints.read(path), OTHERS_WRITE | OTHERS_READ),
  ]);
  return findings.flat();
}

/** @param closed what of its mode nobody but its owner and group should have */
async function examine(
  variable: string,
  path: string | null,
  read: (path: string) => Promise<unknown>,
  closed: number,
): Promise<Finding[]> {
  if (path === null) return [];
  try {
    await read(path);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const mend = `Mend ${path}, or have ${variable} name another file: the README says how it is written.`;
    return error.faults.map((fault) => fail(variable, fault, mend));
  }
  const { mode } = await stat(path);
  const open = mode & closed;
  if (open === 0) return [ok(variable, `${path} can be read, and says what it has to`)];
  const what = open & OTHERS_WRITE ? 'change' : 'read';
  return [
    warn(
      variable,
      `everybody on this machine can ${what} ${path}`,
      `chmod o-rw ${path}, or defaultMode: 0440 of its Secret.`,
    ),
  ];
}
