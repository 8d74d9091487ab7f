import { constants } from 'node:os';
import { styleText } from 'node:util';
import { Command } from 'commander';
import { z } from 'zod';
import { examine } from '../doctor/examine.ts';
import type { Finding, Verdict } from '../doctor/finding.ts';
import { EXIT } from './exit-codes.ts';
import { settingsOf } from './flags.ts';
import { teaches } from './help.ts';
import type { Ends } from './subcommand.ts';

export const doctorCommand = (ends: Ends): Command =>
  new Command('doctor')
    .description(
      'Examines this machine and its stores as the service would find them, and says what has to be mended.',
    )
    .option('--json', 'one object for a program, when all is examined')
    .addHelpText(
      'after',
      teaches({
        about: [
          'It reads the environment of the service: run it where the service runs, as the user that the service is. It looks ' +
            'at the settings and the files that they name, runtime, clock, cores, memory, descriptors, port, folders and what ' +
            'they lie on, starts a worker that has to read and write every format, and asks the database and the bucket for ' +
            'all that the service will.',
          'It may run beside a service. What it writes are files and objects of its own, which it removes.',
        ],
        examples: {
          'BASE_PATH=/var/lib/darkroom darkroom doctor':
            'before the first start, and when something is wrong',
          'kubectl exec deploy/darkroom -- node server/cli/darkroom.ts doctor --json':
            'in a pod, for a program',
        },
        after: 'Do what each `mend` says, and ask again. Then `darkroom serve`.',
        codes: {
          [EXIT.done]: 'all is well, or there are warnings alone',
          [EXIT.usage]: 'the command line cannot be followed',
          [EXIT.configuration]: 'something has to be mended: it is marked `fail`',
        },
      }),
    )
    .action(ends(doctor));

/** As shells say it: what a signal of a number n ends has the exit code 128 + n. */
const SIGNALLED = 128;

const COLOUR = { ok: 'green', warn: 'yellow', fail: 'red' } as const satisfies Record<Verdict, string>;

const Flags = z.object({ json: z.boolean().default(false) });

async function doctor(flags: object): Promise<number> {
  const { json } = settingsOf(Flags, flags);
  const interruption = awaitSignal();
  const findings: Finding[] = [];
  for await (const finding of examine()) {
    findings.push(finding);
    if (!json) process.stdout.write(textOf(finding));
    if (interruption.code !== null) return interruption.code;
  }
  const count = (verdict: Verdict) => findings.filter((finding) => finding.verdict === verdict).length;
  const verdict = count('fail') > 0 ? 'fail' : count('warn') > 0 ? 'warn' : 'ok';
  process.stdout.write(
    json
      ? `${JSON.stringify({ verdict, findings }, null, 2)}\n`
      : `\n${count('fail')} to mend, ${count('warn')} to look at, ${count('ok')} well\n`,
  );
  return verdict === 'fail' ? EXIT.configuration : EXIT.done;
}

/** What was begun is ended and cleared away first; a second signal ends at once. */
function awaitSignal(): { code: number | null } {
  const interruption: { code: number | null } = { code: null };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      interruption.code = SIGNALLED + constants.signals[signal];
    });
  return interruption;
}

const textOf = ({ check, verdict, told, mend }: Finding): string =>
  `${styleText(COLOUR[verdict], verdict.padEnd(4), { stream: process.stdout })}  ${check}: ${told}\n${mend === null ? '' : `      mend: ${mend}\n`}`;
