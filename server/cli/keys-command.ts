import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { z } from 'zod';
import { KeyId, SCOPES } from '../../shared/domain/access.ts';
import { DEFAULT_TENANT, Tenant } from '../../shared/domain/ids.ts';
import { hashOf, type WrittenKey } from '../access/api-keys.ts';
import { EXIT } from './exit-codes.ts';
import { settingsOf } from './flags.ts';
import { teaches } from './help.ts';
import type { Ends } from './subcommand.ts';

const KEY_BYTES = 32;

const TAKES_SCOPES = `takes some of ${SCOPES.join(', ')}, with commas between them`;

const Flags = z.object({
  id: z.string({ error: 'takes a name for the key' }).pipe(KeyId),
  scopes: z
    .string({ error: TAKES_SCOPES })
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(SCOPES, TAKES_SCOPES))),
  tenant: Tenant.default(DEFAULT_TENANT),
});

const CODES = { [EXIT.done]: 'the key is made', [EXIT.usage]: 'the command line cannot be followed' };

export const keysCommand = (ends: Ends): Command =>
  new Command('keys')
    .description('API keys, of which API_KEYS_FILE has the hashes.')
    .addHelpText(
      'after',
      teaches({
        examples: {
          'darkroom keys new --id shop-2026 --scopes upload,read --tenant shop': 'for the back end of a shop',
          'darkroom keys new --id ops --scopes admin': 'for whoever runs the service',
        },
        codes: CODES,
      }),
    )
    .addCommand(newCommand(ends));

const newCommand = (ends: Ends): Command =>
  new Command('new')
    .description(
      'Makes a key, and prints it with its entry for API_KEYS_FILE, which is no secret. It keeps neither.',
    )
    .option('--id <name>', 'what the log calls it')
    .option('--scopes <scopes>', `what it may do: some of ${SCOPES.join(', ')}, with commas between them`)
    .option('--tenant <name>', `whose images it uploads and reads (default: ${DEFAULT_TENANT})`)
    .addHelpText(
      'after',
      teaches({
        examples: {
          'darkroom keys new --id shop-2026 --scopes upload,read --tenant shop': 'for the back end of a shop',
          'darkroom keys new --id ops --scopes upload,read,admin': 'for whoever runs the service',
        },
        after:
          'Give the first line to who is to have it. Put the second one into the file, {"keys": […]}, and start the service ' +
          'again. To change a key, list its successor beside it, and take the first one away when nobody uses it.',
        codes: CODES,
      }),
    )
    .action(ends(newKey));

async function newKey(flags: object): Promise<number> {
  const { id, scopes, tenant } = settingsOf(Flags, flags);
  const key = `dk_${randomBytes(KEY_BYTES).toString('base64url')}`;
  const entry: WrittenKey = { id, hash: hashOf(key), tenant, scopes };
  process.stdout.write(`${key}\n${JSON.stringify(entry)}\n`);
  return EXIT.done;
}
