import { readFile } from 'node:fs/promises';
import { runCommand, UsageError } from './command-line.ts';
import { documentedAnswers, Exercised } from './contract.ts';

const USAGE = `unexercised FILE

Tells which answers of the contract no test has got, where DARKROOM_EXERCISED named this file while all tests ran.
The exit code is 1 when there are any.
`;

async function run([path]: readonly string[]): Promise<number> {
  if (path === undefined) throw new UsageError('a file is needed');
  const lines = (await readFile(path, 'utf8')).split('\n').filter(Boolean);
  const exercised = new Set(lines.map((line) => nameOf(Exercised.parse(JSON.parse(line)))));
  const documented = documentedAnswers().map(nameOf);
  const missing = documented.filter((name) => !exercised.has(name));
  process.stdout.write(
    `${documented.length - missing.length} of ${documented.length} answers of the contract have come\n`,
  );
  for (const name of missing) process.stdout.write(`never: ${name}\n`);
  return missing.length === 0 ? 0 : 1;
}

const nameOf = ({ method, path, status, code }: Exercised): string =>
  [method.toUpperCase(), path, status, code].filter(Boolean).join(' ');

await runCommand(USAGE, () => run(process.argv.slice(2)));
