import { resolve } from 'node:path';
import { Command } from 'commander';
import { restore } from '../backup/restore.ts';
import { openRestore } from '../composition/backup.ts';
import { EXIT } from './exit-codes.ts';
import { teaches } from './help.ts';
import { placesOfOneMachine } from './one-machine.ts';
import { progressOfAll } from './progress-of-all.ts';
import type { Ends } from './subcommand.ts';

const ON_MANY =
  'it restores to one machine: leave DATABASE_URL and STORAGE_URL out, and bring what it has made to PostgreSQL and S3 ' +
  'by `darkroom migrate`';

export const restoreCommand = (ends: Ends): Command =>
  new Command('restore')
    .description('Brings a backup back to where a service is to work on it.')
    .argument('<folder>', 'a backup that `darkroom backup` has brought to its end')
    .addHelpText(
      'after',
      teaches({
        about: [
          'It goes to BASE_PATH, which is empty or new, and where no service is. Each original and variant is compared with the hash of ' +
            'its record when it is read and when it has been written; the database comes last. It may be ended at any time: the ' +
            'same command goes on where it was.',
        ],
        examples: {
          'BASE_PATH=/var/lib/darkroom darkroom restore /mnt/backup/darkroom': 'to a new disk',
          'BASE_PATH=/tmp/try darkroom restore /mnt/backup/darkroom': 'whether a backup is whole',
        },
        after:
          'Start the service there. What had been accepted and was not done when the backup was made is done then. What has been ' +
          'deleted since the backup is there again: erase it again.',
        codes: {
          [EXIT.done]: 'all is there',
          [EXIT.notAll]: 'what it lists is missing or damaged in the backup; all else is there',
          [EXIT.usage]: 'the command line cannot be followed, or the environment names PostgreSQL or S3',
          [EXIT.outOfReach]: 'a disk is full or does not answer; the same command goes on',
          [EXIT.configuration]:
            'it is no whole backup, BASE_PATH has a database already, or somebody works on it',
        },
      }),
    )
    .action(ends(restoreAll));

async function restoreAll(folder: string): Promise<number> {
  const places = placesOfOneMachine(ON_MANY);
  await using opened = await openRestore(resolve(folder), places);
  const progress = progressOfAll('copied');
  try {
    const { begunAt, originals, sets, leftOut } = await restore(opened, progress.report);
    progress.end();
    for (const { kind, id, why } of leftOut) process.stdout.write(`left out: ${kind} ${id} ${why}\n`);
    process.stdout.write(
      `${originals} originals and ${sets} sets, as they were at ${begunAt}, are at ${places.storage}\n`,
    );
    return leftOut.length === 0 ? EXIT.done : EXIT.notAll;
  } finally {
    progress.end();
  }
}
