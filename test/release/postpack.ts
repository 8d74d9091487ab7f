/** Removes what prepack has made: in a clone the sources run as they are. */
import { rmSync } from 'node:fs';
import { DIST } from './package-folder.ts';

rmSync(DIST, { recursive: true, force: true });
