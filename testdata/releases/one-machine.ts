import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startService } from '../../test/helpers/service.ts';
import { writeWebhooks } from '../../test/helpers/webhooks-file.ts';
import { ENVIRONMENT, live } from './live.ts';
import type { Lived } from './release.ts';

/** What a data folder is, beside its database. */
const FOLDERS = ['originals', 'variants', 'resumable'];

/** Where nobody listens: what it is told waits in the outbox. */
export const NOBODY = {
  id: 'nobody',
  url: 'http://127.0.0.1:9/',
  secrets: [`whsec_${Buffer.alloc(32, 1).toString('base64')}`],
  allowPrivate: true,
};

/** Has a service live on a folder of its own, and copies what it has left there. */
export async function oneMachine(to: string, folder: string): Promise<Lived> {
  const WEBHOOKS_FILE = await writeWebhooks(folder, [NOBODY]);
  const service = await startService({ folder, faults: true, env: { ...ENVIRONMENT, WEBHOOKS_FILE } });
  await using _ended = service;
  const lived = await live(service);
  await mkdir(to, { recursive: true });
  const from = new DatabaseSync(join(folder, 'darkroom.db'));
  // As it is on the disk after a checkpoint, and no larger than it has to be.
  from.prepare('VACUUM INTO ?').run(join(to, 'darkroom.db'));
  from.close();
  for (const name of FOLDERS) await cp(join(folder, name), join(to, name), { recursive: true });
  return lived;
}
