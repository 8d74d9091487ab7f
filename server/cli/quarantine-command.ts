import { Command } from 'commander';
import { z } from 'zod';
import { Sha256 } from '../../shared/domain/ids.ts';
import { EXIT } from './exit-codes.ts';
import { settingsOf, UsageError } from './flags.ts';
import { teaches } from './help.ts';
import { type QuarantinedPicture, quarantineClient } from './quarantine-client.ts';
import { readKey, ServiceSettings, withServiceFlags } from './service-flags.ts';
import type { Ends } from './subcommand.ts';

const REACHED = {
  [EXIT.usage]:
    'the command line cannot be followed, or the service refuses: it asks for a key with the scope admin',
  [EXIT.outOfReach]: 'the service has not answered for ten seconds; the same command may be called again',
};

export const quarantineCommand = (ends: Ends): Command =>
  new Command('quarantine')
    .description(
      'Bytes that have killed their decoder twice are refused since, for the tenant of the key, with 422 quarantined.',
    )
    .addHelpText(
      'after',
      teaches({
        examples: {
          'darkroom quarantine list --key-file admin.key': 'what is refused, from the newest',
          'darkroom quarantine release 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08':
            'lets it in again',
        },
        codes: { [EXIT.done]: 'done', [EXIT.notAll]: 'there is no such entry', ...REACHED },
      }),
    )
    .addCommand(listCommand(ends))
    .addCommand(releaseCommand(ends));

const listCommand = (ends: Ends): Command =>
  withServiceFlags(new Command('list').description('Lists what is refused, from the newest to the oldest.'))
    .option('--json', 'one object a line, as the service describes it')
    .addHelpText(
      'after',
      teaches({
        examples: {
          'darkroom quarantine list': 'SHA-256, when, what the decoder ended by, which decoder, which image',
          'darkroom quarantine list --json --url https://photos.example --key-file admin.key':
            'for a program',
        },
        after:
          'Fetch the original of an image for study where the files are, originals/<id>. A later version of the decoder ' +
          'takes the same bytes: what is refused is refused for one version.',
        codes: { [EXIT.done]: 'all is listed; nothing where nothing is refused', ...REACHED },
      }),
    )
    .action(ends(list));

const releaseCommand = (ends: Ends): Command =>
  withServiceFlags(
    new Command('release')
      .argument('<sha256>', 'of the bytes, 64 hexadecimal digits, as the list has it')
      .description('Lets bytes in again that are refused.'),
  )
    .addHelpText(
      'after',
      teaches({
        examples: {
          'darkroom quarantine release 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08':
            'on this machine',
          'darkroom quarantine release 9f86…0a08 --url https://photos.example --key-file admin.key':
            'of a service elsewhere (with all digits)',
        },
        after:
          'The client uploads it again, or POST /jobs/ID/retry runs its job. If it kills two workers, it is back.',
        codes: {
          [EXIT.done]: 'it is not refused any more',
          [EXIT.notAll]: 'nothing is refused that has this SHA-256',
          ...REACHED,
        },
      }),
    )
    .action(ends(release));

const ListFlags = ServiceSettings.extend({ json: z.boolean().default(false) });

async function list(flags: object): Promise<number> {
  const { url, keyFile, json } = settingsOf(ListFlags, flags);
  const client = quarantineClient(url, await readKey(keyFile));
  for await (const page of client.list())
    for (const entry of page) process.stdout.write(`${json ? JSON.stringify(entry) : lineOf(entry)}\n`);
  return EXIT.done;
}

const lineOf = ({ sha256, quarantinedAt, signal, exitCode, decoder, links }: QuarantinedPicture): string =>
  [sha256, quarantinedAt, signal ?? `exit ${exitCode}`, decoder, links.image].join('  ');

async function release(sha256: string, flags: object): Promise<number> {
  const { url, keyFile } = settingsOf(ServiceSettings, flags);
  const named = Sha256.safeParse(sha256);
  if (!named.success)
    throw new UsageError(`${sha256} is no SHA-256 of 64 hexadecimal digits in small letters`);
  const released = await quarantineClient(url, await readKey(keyFile)).release(named.data);
  process.stdout.write(released ? `released: ${sha256}\n` : `not refused: ${sha256}\n`);
  return released ? EXIT.done : EXIT.notAll;
}
