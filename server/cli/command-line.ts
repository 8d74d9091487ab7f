import { Command, CommanderError } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };
import { ConfigurationError } from '../../shared/config.ts';
import { COMMANDS } from './commands.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { UsageError } from './flags.ts';
import { teaches } from './help.ts';
import type { Ends } from './subcommand.ts';

const HELP_COLUMNS = 100;

const GO_ON = 'The same command goes on where this one was.';

/** Where a command line writes to. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

const STANDARD: Output = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

/**
 * Follows a command line. Only the command that it names is loaded.
 * @param output of help and faults; a command writes to the process's own
 * @returns the exit code, one of {@link EXIT}
 * @throws what nobody has foreseen
 */
export async function commandLine(argv: readonly string[], output = STANDARD): Promise<number> {
  let code: number = EXIT.done;
  const ends: Ends =
    (run) =>
    async (...given) => {
      code = await run(...given);
    };
  try {
    const program = await programFor(argv, ends, output);
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const known = exitCodeOf(error);
    if (known === null) throw error;
    output.err(`${textOf(error)}\n`);
    if (error instanceof UsageError) output.err('\n--help says how it goes.\n');
    if (known === EXIT.outOfReach) output.err(`${GO_ON}\n`);
    return known;
  }
}

async function programFor(argv: readonly string[], ends: Ends, output: Output): Promise<Command> {
  const program = new Command('darkroom')
    .description('Takes photo uploads from strangers and turns each into every size a site needs.')
    .version(packageFile.version, '--version', 'tells the version')
    .helpOption('--help', 'tells how it goes; behind a command, of that command')
    .helpCommand('help [command]', 'the same as --help')
    .configureHelp({ helpWidth: HELP_COLUMNS })
    .configureOutput({
      writeOut: output.out,
      writeErr: output.err,
      outputError: (text, write) => write(text),
    })
    .showHelpAfterError('--help says how it goes.')
    .exitOverride()
    .addHelpText(
      'after',
      teaches({
        about: [
          'All settings are environment variables, which the README lists; commands read them as the service does.',
        ],
        examples: {
          'darkroom doctor': 'before the first start, and when something is wrong',
          'BASE_PATH=/var/lib/darkroom darkroom serve': 'takes uploads at http://127.0.0.1:3000',
        },
        codes: {
          [EXIT.done]: 'done',
          [EXIT.notAll]: 'not all of it could be done: what is left is listed, or the error says why',
          [EXIT.usage]: 'the command line cannot be followed, or the service refuses what it asks for',
          [EXIT.outOfReach]: 'something does not answer; nothing is lost, and the same command goes on',
          [EXIT.configuration]:
            'a setting is wrong, a folder is in use, or the machine has to be mended first',
        },
      }),
    );
  const asked = argv.filter((word) => !word.startsWith('-')).slice(0, 2);
  for (const { name, summary, load } of COMMANDS) {
    const command = asked.includes(name) ? (await load())(ends) : new Command(name);
    program.addCommand(inherit(command.summary(summary), program));
  }
  return program;
}

/** How it ends, and where it writes to, goes for all commands below it. */
function inherit(command: Command, from: Command): Command {
  command.copyInheritedSettings(from);
  for (const below of command.commands) inherit(below, from);
  return command;
}

const textOf = (error: unknown): string =>
  error instanceof ConfigurationError ? error.faults.join('\n') : (error as Error).message;
