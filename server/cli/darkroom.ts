import { errorCode } from '../../shared/errors.ts';
import { commandLine } from './command-line.ts';

// Who reads has seen enough, as `head` has: what was begun is brought to its end, unheard.
process.stdout.on('error', (error) => {
  if (errorCode(error) !== 'EPIPE') throw error;
});

process.exitCode = await commandLine(process.argv.slice(2));
