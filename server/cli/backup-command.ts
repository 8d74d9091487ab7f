import { resolve } from 'node:path';
import { Command } from 'commander';
import { backUp } from '../backup/back-up.ts';
import { openBackup } from '../composition/backup.ts';
import { EXIT } from './exit-codes.ts';
import { teaches } from './help.ts';
import { placesOfOneMachine } from './one-machine.ts';
import { megabytes, progressOfAll } from './progress-of-all.ts';
import type { Ends } from './subcommand.ts';

const ON_MANY =
  'PostgreSQL and S3 are backed up by their own means: the runbook, "Back up and restore", says how; ' +
  'this command is for SQLite and a folder';

export const backupCommand = (ends: Ends): Command =>
  new Command('backup')
    .description('Copies all that one machine has into a folder, while the service works.')
    .argument('<folder>', 'where the backup is to be; one of an earlier backup is brought up to date')
    .addHelpText(
      'after',
      teaches({
        about: [
          'Run it on the machine of the data folder, as the user that the service is. All that was accepted before it began is in ' +
            'the backup: records as they are at one moment, and each original and variant that they name, compared with its hash. ' +
            'Nobody waits for it, and it may be ended at any time: the same command goes on.',
          'A backup is laid out as a data folder is. What has been deleted since is removed from it with the next backup into the same ' +
            'folder, so that what was erased is not kept there; for more than one state take a folder each, or let a tool ' +
            'that keeps versions copy it.',
          'API keys, presets and signing keys are files of yours, and are not in it.',
        ],
        examples: {
          'darkroom backup /mnt/backup/darkroom': 'of ./data, or of BASE_PATH, DATABASE_URL and STORAGE_URL',
          'kubectl exec deploy/darkroom -- node server/cli/darkroom.ts backup /backup':
            'with a volume for it mounted there',
        },
        after:
          'Copy the folder to another machine. Now and then try it: `darkroom restore` into an empty folder compares every hash.',
        codes: {
          [EXIT.done]: 'the backup is whole, and backup.json in it says of when',
          [EXIT.notAll]: 'what it lists is missing or damaged on this machine; all else is in the backup',
          [EXIT.usage]: 'the command line cannot be followed, or records and files are on many machines',
          [EXIT.outOfReach]: 'a disk is full or does not answer; the same command goes on',
          [EXIT.configuration]: 'there is nothing at BASE_PATH, or somebody else works on the folder',
        },
      }),
    )
    .action(ends(backUpAll));

async function backUpAll(folder: string): Promise<number> {
  await using opened = await openBackup(placesOfOneMachine(ON_MANY), resolve(folder));
  const progress = progressOfAll('copied');
  try {
    const { report, copied, leftOut } = await backUp(opened, progress.report);
    progress.end();
    for (const { kind, id, why } of leftOut) process.stdout.write(`left out: ${kind} ${id} ${why}\n`);
    const { originals, sets, begunAt } = report;
    process.stdout.write(
      `${originals.total} originals (${megabytes(originals.bytes)}), ${sets.total} sets (${megabytes(sets.bytes)}), ` +
        `${copied} of them copied now\nall that was accepted before ${begunAt} is in ${folder}\n`,
    );
    return leftOut.length === 0 ? EXIT.done : EXIT.notAll;
  } finally {
    progress.end();
  }
}
