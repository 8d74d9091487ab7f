import { Command } from 'commander';
import { eraseAll } from './erase-all.ts';
import { eraseClient } from './erase-client.ts';
import { readSettings } from './erase-settings.ts';
import { EXIT } from './exit-codes.ts';
import { teaches } from './help.ts';
import { readKey, withServiceFlags } from './service-flags.ts';
import type { Ends } from './subcommand.ts';

export const eraseCommand = (ends: Ends): Command =>
  withServiceFlags(
    new Command('erase')
      .description(
        'Erases images of a tenant with all that a running service knows of them, and reports it in JSON.',
      )
      .option('--tenant <name>', 'the tenant')
      .option('--all', 'everything of it')
      .option('--metadata <field:value>', 'only images that have this in their metadata')
      .option('--before <day>', 'only images that were accepted before, such as 2026-01-31, or a time')
      .option(
        '--keep-traces',
        'does not write the database of SQLite anew in the end, for which uploads wait',
      ),
  )
    .addHelpText(
      'after',
      teaches({
        about: [
          'What is erased cannot be brought back. It may be ended at any time: the same command goes on where it was.',
        ],
        examples: {
          'darkroom erase --tenant shop --metadata owner:u-81':
            'what somebody has uploaded who wants nothing left',
          'darkroom erase --tenant shop --all --url https://photos.example --key-file admin.key':
            'a tenant that leaves; take away its keys first',
        },
        after: 'Backups, versions in the bucket and caches are for you: the runbook, "Erase", has them all.',
        codes: {
          [EXIT.done]: 'nothing is left: all was looked for once more',
          [EXIT.notAll]: 'something could not be erased: the report says what, and why',
          [EXIT.usage]:
            'the command line cannot be followed, or the service refuses: no key with the scope admin',
          [EXIT.outOfReach]: 'the service has not answered for a minute; the same command goes on',
        },
      }),
    )
    .action(ends(erase));

async function erase(flags: object): Promise<number> {
  const settings = readSettings(flags);
  const client = eraseClient(settings, await readKey(settings.keyFile));
  const report = await eraseAll(client, ({ images }) => {
    process.stderr.write(`${settings.tenant}: ${images} images erased\n`);
  });
  process.stdout.write(`${JSON.stringify({ tenant: settings.tenant, ...report })}\n`);
  return report.verified ? EXIT.done : EXIT.notAll;
}
