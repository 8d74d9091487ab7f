import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf } from '../../server/access/api-keys.ts';
import { type LogLine, type RunningService, startService } from '../helpers/service.ts';
import type { Keys } from './requests/request-case.ts';

const MIB = 2 ** 20;
export const WORKERS = 2;

/** As pino numbers them. */
const ERROR_LEVEL = 50;

/** Small sizes, so that many are made in a second; every format, all frames, and a copyright that is kept. */
const small = { name: 'small', width: 40, height: 40, fit: 'inside' };
const cropped = { name: 'card', width: 24, height: 24, fit: 'cover', position: 'attention', sharpen: true };
const PRESETS = {
  jpeg: { sizes: [small], outputs: [{ format: 'jpeg' }] },
  both: { sizes: [small, cropped], outputs: [{ format: 'jpeg' }, { format: 'webp', effort: 0 }] },
  png: { sizes: [small], outputs: [{ format: 'jpeg' }, { format: 'png' }] },
  avif: { sizes: [small], outputs: [{ format: 'avif', effort: 0 }] },
  animated: { sizes: [small], outputs: [{ format: 'webp', effort: 0 }], animated: true },
  credit: {
    sizes: [small],
    outputs: [{ format: 'jpeg' }, { format: 'webp', effort: 0 }],
    keepCopyright: true,
  },
};

/** Limits that mutants reach soon. Places in the queue for all that is sent at once: a 503 would hide what comes behind it. */
const ENVIRONMENT = {
  N_WORKERS: String(WORKERS),
  QUEUE_DEPTH: '64',
  HANDOFF_TIMEOUT_MS: '10000',
  MAX_PIXELS: '8000000',
  MAX_UPLOAD_BYTES: String(4 * MIB),
  UPLOAD_STALL_MS: '1000',
  JOB_TIMEOUT_MS: '15000',
  CORS_ORIGINS: 'https://shop.example',
};

export const KEYS: Keys = { all: 'dk_all', less: ['dk_reader', 'dk_other', 'dk_unknown'] };
const KEYS_FILE = {
  keys: [
    { id: 'all', hash: hashOf(KEYS.all), scopes: ['upload', 'read', 'admin'] },
    { id: 'reader', hash: hashOf('dk_reader'), scopes: ['read'] },
    { id: 'other', hash: hashOf('dk_other'), tenant: 'other', scopes: ['upload', 'read'] },
  ],
};

/** What the service says of itself while it is fuzzed. */
export interface Sayings {
  /** Pids of workers that have ended by themselves or were killed. */
  deaths: number[];
  errors: LogLine[];
  /** Of runs that ended as few do, what their worker said, by the id of the request that brought the picture. */
  details: Map<string, string>;
}

export interface FuzzedService {
  service: RunningService;
  /** Where nothing of it may be left: the folder that it and its workers have for temporary files. */
  temporary: string;
  sayings: Sayings;
}

/**
 * @param root its data folder is made in it
 * @param isLarge whether pictures come that are larger than those made for it: then the usual limits hold
 */
export async function startFuzzedService(
  root: string,
  runtime: 'node' | 'bun',
  isLarge: boolean,
): Promise<FuzzedService> {
  const [folder, temporary] = [join(root, 'data'), join(root, 'temporary')];
  for (const path of [folder, temporary]) await mkdir(path, { mode: 0o755 });
  const file = async (name: string, content: object) => {
    await writeFile(join(root, name), JSON.stringify(content));
    return join(root, name);
  };
  const { MAX_PIXELS, MAX_UPLOAD_BYTES, ...others } = ENVIRONMENT;
  const service = await startService({
    folder,
    runtime,
    env: {
      ...others,
      ...(!isLarge && { MAX_PIXELS, MAX_UPLOAD_BYTES }),
      TMPDIR: temporary,
      PRESETS_FILE: await file('presets.json', PRESETS),
      API_KEYS_FILE: await file('keys.json', KEYS_FILE),
    },
  });
  const sayings: Sayings = { deaths: [], errors: [], details: new Map() };
  service.divert((line) => {
    if (/^worker died/.test(line.msg)) sayings.deaths.push(Number(line.workerPid));
    if (typeof line.detail === 'string' && !/^image_/.test(String(line.failure)))
      sayings.details.set(String(line.requestId), line.detail);
    if (Number(line.level) >= ERROR_LEVEL) sayings.errors.push(line);
  });
  return { service, temporary, sayings };
}
