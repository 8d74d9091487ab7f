import { readFile } from 'node:fs/promises';
import { errorCode } from '../../shared/errors.ts';
import { eraseAll } from './erase-all.ts';
import { readArguments, USAGE } from './erase-arguments.ts';
import { eraseClient } from './erase-client.ts';
import { UsageError } from './flags.ts';
import { OutOfReach, Refused } from './service-client.ts';

const EXIT_NOT_ALL = 1;
const EXIT_USAGE = 2;
/** EX_TEMPFAIL of sysexits.h: nothing is lost, and the same command goes on. */
const EXIT_OUT_OF_REACH = 75;

/** Erases images of a tenant of a running service, and writes the report of it in JSON. */
async function main(argv: readonly string[]): Promise<number> {
  const settings = readArguments(argv);
  const key = await readKey(settings['key-file']);
  const report = await eraseAll(eraseClient(settings, key), ({ images }) => {
    process.stderr.write(`${settings.tenant}: ${images} images erased\n`);
  });
  process.stdout.write(`${JSON.stringify({ tenant: settings.tenant, ...report })}\n`);
  return report.verified ? 0 : EXIT_NOT_ALL;
}

async function readKey(path: string | undefined): Promise<string | null> {
  if (path === undefined) return null;
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new UsageError(`--key-file ${path} cannot be read: ${errorCode(cause)}`, { cause });
  });
  return text.trim();
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    process.exitCode = EXIT_USAGE;
  } else if (error instanceof Refused) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = EXIT_USAGE;
  } else if (error instanceof OutOfReach) {
    process.stderr.write(`${error.message}\nThe same command goes on where this one was.\n`);
    process.exitCode = EXIT_OUT_OF_REACH;
  } else throw error;
}
