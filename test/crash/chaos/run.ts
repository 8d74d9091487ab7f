import { runCommand } from '../../helpers/command-line.ts';
import { showProgress } from '../../load/progress.ts';
import { readArguments, type Settings, USAGE } from './arguments.ts';
import { chaos, type Progress } from './chaos.ts';
import { breachLines, matrixLines } from './report.ts';

const EXIT_BROKEN = 1;

async function run(settings: Settings): Promise<number> {
  const { profile, minutes, seed, runtime, json } = settings;
  const command = `npm run chaos -- --profile ${profile} --minutes ${minutes} --seed ${seed} --runtime ${runtime}`;
  const date = new Date().toISOString().slice(0, 10);
  const interrupted = new AbortController();
  // The second Ctrl-C finds no listener and ends the process.
  process.once('SIGINT', () => {
    interrupted.abort();
    process.stderr.write('\nNo more kills: what was accepted is still audited. Again to leave at once.\n');
  });
  let read: () => Progress = () => ({ accepted: 0, workerKills: 0, serviceKills: 0 });
  const begin = performance.now();
  const endProgress = showProgress(Math.round(minutes * 60), 'seconds', () => {
    const { accepted, workerKills, serviceKills } = read();
    const note = `${accepted} accepted, ${workerKills} worker kills, ${serviceKills} service kills`;
    return { done: Math.min(minutes * 60, Math.round((performance.now() - begin) / 1000)), note };
  });
  const outcome = await chaos(settings, interrupted.signal, (progress) => {
    read = progress;
  }).finally(endProgress);

  const { matrix, breaches, keptIn } = outcome;
  const seconds = Math.round(outcome.seconds);
  print(
    json
      ? [JSON.stringify({ date, command, seconds, ...matrix })]
      : [`${date}: ${command}`, `${seconds} s of kills`, '', ...matrixLines(matrix)],
  );
  if (breaches.length === 0) return 0;
  process.stderr.write(`\n${breachLines(breaches, keptIn).join('\n')}\n`);
  return EXIT_BROKEN;
}

const print = (lines: readonly string[]): void => {
  process.stdout.write(`${lines.join('\n')}\n`);
};

await runCommand(USAGE, () => run(readArguments(process.argv.slice(2))));
