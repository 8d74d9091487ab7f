import { ConfigurationError, EXIT_CONFIGURATION } from '../../shared/config.ts';
import { StoreError } from '../../shared/errors.ts';
import { NewerSchemaError } from '../../shared/jobs/newer-schema.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { openMigration } from '../composition/migration.ts';
import { isWhole, type Migration, migrate } from '../migration/migrate.ts';
import { MigrationRefused } from '../migration/migration-refused.ts';
import type { MovedFiles } from '../migration/move-files.ts';
import type { Report } from '../migration/sides.ts';
import { UsageError } from './flags.ts';
import { HELP, readArguments, USAGE } from './migrate-arguments.ts';
import { type Progress, progressOn } from './progress.ts';

const EXIT_NOT_ALL = 1;
const EXIT_USAGE = 2;
/** EX_TEMPFAIL of sysexits.h: nothing is lost, and the same command goes on. */
const EXIT_OUT_OF_REACH = 75;

/** Moves what one machine has to what many share. */
async function main(argv: readonly string[]): Promise<number> {
  const places = readArguments(argv);
  if (places === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  await using opened = await openMigration(places, createLogger('silent'));
  const progress = progressOfAll();
  try {
    const migration = await migrate(opened.source, opened.target, progress.report);
    progress.end();
    tell(migration);
    return isWhole(migration) ? 0 : EXIT_NOT_ALL;
  } finally {
    progress.end();
  }
}

/** One after the other for each part. */
function progressOfAll(): { report: Report; end(): void } {
  let current: { what: string; progress: Progress } | null = null;
  const end = () => {
    current?.progress.end();
    current = null;
  };
  return {
    report({ what, done, total, bytes, leftOut }) {
      if (current?.what !== what) {
        end();
        current = { what, progress: progressOn(process.stderr, what) };
      }
      const moved = what === 'rows' ? '' : `, ${megabytes(bytes)} moved`;
      current.progress.show(done, total, `done${moved}, ${leftOut} left out`);
    },
    end,
  };
}

function tell({ originals, sets, rows, unreadable, lost }: Migration): void {
  for (const { kind, id, why } of [...originals.leftOut, ...sets.leftOut, ...unreadable])
    process.stdout.write(`left out: ${kind} ${id} ${why}\n`);
  process.stdout.write(`originals: ${textOf(originals)}\nsets: ${textOf(sets)}\n`);
  process.stdout.write(
    rows === null ? 'rows: none, as some cannot be read\n' : `rows: ${rows}, as many on both sides\n`,
  );
  if (lost > 0)
    process.stdout.write(
      `${lost} files or sets have gone from the bucket; the same command brings them again\n`,
    );
}

const textOf = ({ total, moved, bytes, already, leftOut }: MovedFiles): string =>
  `${moved} of ${total} moved (${megabytes(bytes)}), ${already} were there already, ${leftOut.length} left out`;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    process.exitCode = EXIT_USAGE;
  } else if (error instanceof ConfigurationError) {
    process.stderr.write(`${error.faults.join('\n')}\n`);
    process.exitCode = EXIT_CONFIGURATION;
  } else if (error instanceof StoreError) {
    process.stderr.write(`${error.message}\nThe same command goes on where this one was.\n`);
    process.exitCode = EXIT_OUT_OF_REACH;
  } else if (error instanceof MigrationRefused || error instanceof NewerSchemaError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = EXIT_CONFIGURATION;
  } else throw error;
}
