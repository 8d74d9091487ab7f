import { Command } from 'commander';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { openMigration } from '../composition/migration.ts';
import { isWhole, type Migration, migrate } from '../migration/migrate.ts';
import type { MovedFiles } from '../migration/move-files.ts';
import { EXIT } from './exit-codes.ts';
import { teaches } from './help.ts';
import { readSettings } from './migrate-settings.ts';
import { megabytes, progressOfAll } from './progress-of-all.ts';
import type { Ends } from './subcommand.ts';

export const migrateCommand = (ends: Ends): Command =>
  new Command('migrate')
    .description(
      'Moves all that one machine has to what many share: records from SQLite to PostgreSQL, files from a folder to S3.',
    )
    .option('--from <url>', 'the records, sqlite:FILE; by default sqlite:BASE_PATH/darkroom.db')
    .option('--from-files <url>', 'the originals and variants, file:FOLDER; by default file:BASE_PATH')
    .option('--to <url>', 'the database of the nodes, postgres://…; by default DATABASE_URL')
    .option('--to-files <url>', 'the bucket, s3://bucket/prefix?endpoint=…&region=…; by default STORAGE_URL')
    .addHelpText(
      'after',
      teaches({
        about: [
          'Run it where the data folder is, as the user that the service is, and of the version of the service. Stop that ' +
            'service before, and start none on the target until this ends.',
          'Have the target in the environment, as the nodes have it: everybody on this machine can read a command line, and ' +
            'the password in it. The keys of S3 are looked for as the service looks for them, in AWS_ACCESS_KEY_ID and so on.',
          'Each file is compared with the hash that its record has, before it is sent and when it is read back from the ' +
            'bucket; when all are there the records follow, all of them or none, and are counted on both sides. A job that ' +
            'waits is run by the first node with workers. It may be ended at any time: the same command goes on where it ' +
            'was, and reads nothing twice that was compared before.',
        ],
        examples: {
          'BASE_PATH=/var/lib/darkroom darkroom migrate':
            'with DATABASE_URL and STORAGE_URL of the nodes in the environment',
          'darkroom migrate --from sqlite:/srv/db/darkroom.db --from-files file:/srv/photos':
            'where records and files are in places of their own',
        },
        after:
          'Start the nodes. Nothing on this side is changed but that what was running waits again: to go back, start the old ' +
          'service. The runbook, "From one machine to many", has all steps.',
        codes: {
          [EXIT.done]: 'all is there',
          [EXIT.notAll]:
            'what it lists is missing or damaged on this side, or has gone from the bucket; all else is there',
          [EXIT.usage]: 'the command line cannot be followed',
          [EXIT.outOfReach]:
            'the target has not answered for a minute; the same command goes on where this one was',
          [EXIT.configuration]:
            'nothing can be moved so: a service works on either side, the target has records of another one, or a setting is wrong',
        },
      }),
    )
    .action(ends(moveAll));

async function moveAll(flags: object): Promise<number> {
  await using opened = await openMigration(readSettings(flags), createLogger('silent'));
  const progress = progressOfAll('moved');
  try {
    const migration = await migrate(opened.source, opened.target, progress.report);
    progress.end();
    tell(migration);
    return isWhole(migration) ? EXIT.done : EXIT.notAll;
  } finally {
    progress.end();
  }
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
