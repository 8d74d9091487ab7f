import { readFile } from 'node:fs/promises';
import { errorCode } from '../../shared/errors.ts';
import { UsageError } from './flags.ts';
import { progressOn } from './progress.ts';
import { reprocessAll } from './reprocess-all.ts';
import { readArguments, USAGE } from './reprocess-arguments.ts';
import { type Count, OutOfReach, Refused, reprocessClient } from './service-client.ts';

const EXIT_NOT_ALL = 1;
const EXIT_USAGE = 2;
/** EX_TEMPFAIL of sysexits.h: nothing is lost, and the same command goes on. */
const EXIT_OUT_OF_REACH = 75;

/** Applies a preset as it is now to the images that a running service has of it. */
async function main(argv: readonly string[]): Promise<number> {
  const settings = readArguments(argv);
  const key = await readKey(settings['key-file']);
  const progress = progressOn(process.stderr, settings.preset);
  let count: Count;
  try {
    count = await reprocessAll(reprocessClient(settings, key), (count) =>
      progress.show(count.current, count.total, standing(count)),
    );
  } finally {
    progress.end();
  }
  const { total, current, failed, failedJobs, originalGone } = count;
  process.stdout.write(`${settings.preset}: ${current} of ${total} are current, ${failed} failed\n`);
  if (originalGone > 0)
    process.stdout.write(`${originalGone} stay as they are: their originals have not been kept\n`);
  for (const link of failedJobs) process.stdout.write(`failed: ${new URL(link, settings.url)}\n`);
  if (failed > failedJobs.length) process.stdout.write(`and ${failed - failedJobs.length} more\n`);
  return current + originalGone === total ? 0 : EXIT_NOT_ALL;
}

function standing({ pending, failed, originalGone }: Count): string {
  const told = `current, ${pending} pending, ${failed} failed`;
  return originalGone === 0 ? told : `${told}, ${originalGone} without their originals`;
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
