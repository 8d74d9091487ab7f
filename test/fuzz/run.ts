import { runCommand } from '../helpers/command-line.ts';
import { showProgress } from '../load/progress.ts';
import { readArguments, type Settings, USAGE } from './arguments.ts';
import { fuzz } from './fuzz.ts';
import { findingLines, outcomeLines } from './report.ts';

const EXIT_BROKEN = 1;

async function run(settings: Settings): Promise<number> {
  const { minutes, pictures, requests, seed, runtime } = settings;
  const isCounted = Number.isFinite(pictures + requests);
  const interrupted = new AbortController();
  // The second Ctrl-C finds no listener and ends the process.
  process.once('SIGINT', () => {
    interrupted.abort();
    process.stderr.write('\nNothing more is sent: what was is still followed. Again to leave at once.\n');
  });
  let sent = () => 0;
  const begin = performance.now();
  const passed = () => Math.min(minutes * 60, Math.round((performance.now() - begin) / 1000));
  const [total, unit] = isCounted ? [pictures + requests, 'cases'] : [Math.round(minutes * 60), 'seconds'];
  const endProgress = showProgress(total, unit, () => ({
    done: isCounted ? sent() : passed(),
    note: `${sent()} sent`,
  }));
  const outcome = await fuzz(settings, interrupted.signal, (read) => {
    sent = read;
  }).finally(endProgress);

  const date = new Date().toISOString().slice(0, 10);
  const seconds = Math.round(outcome.seconds);
  print([`${date}: seed ${seed}, ${runtime}, ${seconds} s`, '', ...outcomeLines(outcome)]);
  if (settings.case !== undefined) print(['', `${settings.case}: ${outcome.answer}`]);
  if (outcome.findings.length > 0) process.stderr.write(`\n${findingLines(outcome).join('\n')}\n`);
  return outcome.broken > 0 ? EXIT_BROKEN : 0;
}

const print = (lines: readonly string[]): void => {
  process.stdout.write(`${lines.join('\n')}\n`);
};

await runCommand(USAGE, () => run(readArguments(process.argv.slice(2))));
