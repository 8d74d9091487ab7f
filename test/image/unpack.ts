import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Store } from './store.ts';

const Inspected = z.object({ Docker: z.object({ config: z.unknown() }) });

/**
 * Unpacks an image so that it can be started without an engine: its root file system is in `root`, how it is run in `config.json`.
 * @param folder where, made for it; other users can pass to it
 */
export function unpack(store: Store, image: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  store.within(image, (root) => execFileSync('cp', ['--archive', root, join(folder, 'root')]));
  const inspected = Inspected.parse(JSON.parse(store.buildah('inspect', '--type', 'image', image)));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(inspected.Docker.config, null, 2));
}
