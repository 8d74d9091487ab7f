import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { ROOT } from './workflows.ts';

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')));

/** Of the shell itself. */
const OF_THE_SHELL = [
  '[',
  '[[',
  '{',
  'cd',
  'echo',
  'exit',
  'fi',
  'if',
  'printf',
  'then',
  'umask',
  'export',
  'set',
];

/** What the runners and their images have, or an action before it has installed. */
const INSTALLED = ['cosign', 'curl', 'docker', 'gh', 'kubectl', 'mkdir', 'npm'];

/** Of npm itself, beside the scripts. */
const OF_NPM = ['ci', 'pack', 'pkg', 'publish', 'start', 'test'];

/** What is wrong with the commands of a step; empty where each is one that there is. */
export function commandFaults(run: string): string[] {
  // A line that ends in a backslash goes on; what is quoted holds no command.
  const text = run.replaceAll(/\\\n/g, ' ').replaceAll(/"[^"]*"|'[^']*'/g, '""');
  return text
    .split(/\n|&&|\|\||;|(?<!\|)\|(?!\|)/)
    .map((command) =>
      command
        .trim()
        .replace(/^\{ /, '')
        .replace(/^(?:\w+=\S*\s+)+/, ''),
    )
    .filter((command) => command !== '' && command !== '}')
    .flatMap(faultOf);
}

function faultOf(command: string): string[] {
  const [program = '', ...args] = command.split(/\s+/);
  if (program === 'npm') return npmFault(args);
  // What npm has installed is for the lock file to say.
  if (program === 'node_modules/.bin/node') return faultOf(`node ${args.join(' ')}`);
  if (program.includes('/')) return existsSync(`${ROOT}${program}`) ? [] : [`there is no file ${program}`];
  if (program === 'node') return existsSync(`${ROOT}${args[0]}`) ? [] : [`there is no file ${args[0]}`];
  const isKnown = OF_THE_SHELL.includes(program) || INSTALLED.includes(program);
  return isKnown ? [] : [`nobody knows ${program}`];
}

function npmFault(args: string[]): string[] {
  const [verb = '', name = ''] = args.filter((it) => !it.startsWith('-'));
  if (verb === 'run') return name in scripts ? [] : [`there is no script ${name}`];
  return OF_NPM.includes(verb) ? [] : [`npm knows no ${verb}`];
}
