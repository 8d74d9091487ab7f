import { readFileSync, statSync } from 'node:fs';
import { chmod, chown } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** What an image says of how it is run, as Docker keeps it. */
const Config = z.object({
  User: z.string(),
  Env: z.array(z.string()),
  Entrypoint: z.array(z.string()),
  Cmd: z.array(z.string()),
  WorkingDir: z.string(),
  Volumes: z.record(z.string(), z.unknown()),
  ExposedPorts: z.record(z.string(), z.unknown()),
  StopSignal: z.string(),
  Labels: z.record(z.string(), z.string()),
  Healthcheck: z.object({ Test: z.array(z.string()) }),
});

/** An image that was built, and unpacked so that it can be started without an engine. */
export interface Image {
  /** Its root file system. */
  root: string;
  config: z.infer<typeof Config>;
}

/** As `npm run test:image` leaves it: `root` and `config.json` in one folder. */
export const readImage = (folder: string): Image => ({
  root: join(folder, 'root'),
  config: Config.parse(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))),
});

/** The image that is under test, by the folder that DARKROOM_IMAGE names; null where our sources are. */
export const IMAGE = process.env.DARKROOM_IMAGE ? readImage(process.env.DARKROOM_IMAGE) : null;

/** Lets its user have what is mounted, where a test has made it: folders as its volumes, files as somebody who may read them. */
export async function giveTo({ config }: Image, ...paths: string[]): Promise<void> {
  const [uid = 0, gid = 0] = config.User.split(':').map(Number);
  for (const path of paths) {
    const stat = path.startsWith(`${tmpdir()}/`) && statSync(path, { throwIfNoEntry: false });
    if (!stat) continue;
    await chown(path, uid, gid);
    // Of a test, which alone may pass to it.
    if (stat.isFile()) await chmod(dirname(path), 0o711);
  }
}
