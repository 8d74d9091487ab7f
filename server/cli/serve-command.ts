import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { EXIT } from './exit-codes.ts';
import { teaches } from './help.ts';
import type { Ends } from './subcommand.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/** As `npm start` has it. */
const NODE_FLAGS = ['--max-semi-space-size=2'];

export const serveCommand = (ends: Ends): Command =>
  new Command('serve')
    .description('Starts the service: it listens on HOST and PORT, and keeps all that it has in BASE_PATH.')
    .addHelpText(
      'after',
      teaches({
        about: [
          'It has no flags: all settings are environment variables, which the README lists. SIGTERM and SIGINT drain, ' +
            'a second one ends at once, SIGHUP replaces the workers one by one.',
        ],
        examples: {
          'darkroom serve': 'on this machine alone, with its data in ./data',
          'PORT=8080 HOST=0.0.0.0 API_KEYS_FILE=keys.json darkroom serve': 'for others, who need a key',
        },
        after:
          'curl -F image=@photo.jpg localhost:3000/upload; GET /readyz?verbose tells whether it takes uploads.',
        codes: {
          [EXIT.done]: 'drained: all that ran was finished',
          [EXIT.notAll]:
            'the drain had to be forced (what was accepted runs at the next start), or it could not be started',
          [EXIT.outOfReach]: 'workers die at their start: start it again, elsewhere or with a mended image',
          [EXIT.configuration]:
            'a setting is wrong, or a folder is in use: `darkroom doctor` says what to mend',
        },
      }),
    )
    .action(ends(serve));

/** This process becomes the service, with the same pid; Bun, which needs no flags for it, goes on as the service. */
async function serve(): Promise<number> {
  if (process.versions.bun || !process.execve) await import('../main.ts');
  else process.execve(process.execPath, [process.execPath, ...NODE_FLAGS, MAIN]);
  return EXIT.done;
}
