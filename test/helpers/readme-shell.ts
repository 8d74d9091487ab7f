import { execFile } from 'node:child_process';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const README = new URL('../../README.md', import.meta.url);
const run = promisify(execFile);

/** The commands of the README that have this in them, one block, as they stand there. @throws when there is no such block */
export async function commandsOfReadme(text: string): Promise<string> {
  const readme = await readFile(README, 'utf8');
  const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands = '']) => commands);
  const found = blocks.find((block) => block.includes(text));
  if (found === undefined) throw new Error(`the README has no commands with ${text}`);
  return found;
}

/**
 * Runs commands in a folder of their own that has `photo.jpg`. What they send to localhost:3000, where the README has the service, curl
 * brings to this one. @returns what they print. @throws when one of them fails
 */
export async function runCommands(
  commands: string,
  url: string,
  folder: string,
  photo: string,
): Promise<string> {
  await copyFile(photo, join(folder, 'photo.jpg'));
  const { port } = new URL(url);
  await writeFile(join(folder, '.curlrc'), `connect-to = "localhost:3000:127.0.0.1:${port}"\nsilent\n`);
  const env = { PATH: process.env.PATH, HOME: folder, CURL_HOME: folder };
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', commands], { cwd: folder, env });
  return stdout;
}
