import { Command } from 'commander';
import { EXIT } from './exit-codes.ts';
import { teaches } from './help.ts';
import { progressOn } from './progress.ts';
import { reprocessAll } from './reprocess-all.ts';
import { type Count, reprocessClient } from './reprocess-client.ts';
import { readSettings } from './reprocess-settings.ts';
import { readKey, withServiceFlags } from './service-flags.ts';
import type { Ends } from './subcommand.ts';

export const reprocessCommand = (ends: Ends): Command =>
  withServiceFlags(
    new Command('reprocess')
      .description(
        'Applies a preset as it is now to the images that a running service has of it, and follows them to their end.',
      )
      .option('--preset <name>', 'the preset')
      .option('--since <day>', 'only images that were accepted since, such as 2026-01-31, or a time'),
  )
    .addHelpText(
      'after',
      teaches({
        about: [
          'An image shows its earlier variants until the new ones are there. These jobs run when no upload wants the ' +
            'worker. It may be ended at any time: the same command goes on where it was.',
        ],
        examples: {
          'darkroom reprocess --preset listing':
            'when the preset has changed, and the service was started again',
          'darkroom reprocess --preset listing --since 2026-01-31 --url https://photos.example --key-file key':
            'of a service elsewhere that asks for keys',
        },
        after:
          'Look at the jobs that it lists as failed: GET /jobs/ID says why, POST /jobs/ID/retry runs one again.',
        codes: {
          [EXIT.done]: 'all images are current, but those whose originals have not been kept',
          [EXIT.notAll]: 'some have failed: their jobs are listed',
          [EXIT.usage]:
            'the command line cannot be followed, or the service refuses: no such preset, no key for it',
          [EXIT.outOfReach]: 'the service has not answered for a minute; the same command goes on',
        },
      }),
    )
    .action(ends(reprocess));

async function reprocess(flags: object): Promise<number> {
  const settings = readSettings(flags);
  const key = await readKey(settings.keyFile);
  const progress = progressOn(process.stderr, settings.preset);
  let count: Count;
  try {
    count = await reprocessAll(reprocessClient(settings, key), (found) =>
      progress.show(found.current, found.total, standing(found)),
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
  return current + originalGone === total ? EXIT.done : EXIT.notAll;
}

function standing({ pending, failed, originalGone }: Count): string {
  const told = `current, ${pending} pending, ${failed} failed`;
  return originalGone === 0 ? told : `${told}, ${originalGone} without their originals`;
}
