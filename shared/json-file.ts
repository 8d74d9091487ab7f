import { readFile } from 'node:fs/promises';
import { ConfigurationError } from './config.ts';
import { errorCode } from './errors.ts';

/**
 * What the file says that a variable of the environment names.
 * @param variable its name, for whoever has to mend it
 * @throws {ConfigurationError} when it cannot be read, or is no JSON; of what is in it nothing is told
 */
export async function readJsonFile(variable: string, path: string): Promise<unknown> {
  const fault = (why: string) => new ConfigurationError([`${variable}: ${path}: ${why}`]);
  const bytes = await readFile(path).catch((error) => {
    throw fault(whyUnreadable(error));
  });
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw fault(`it is no JSON: ${whyNoJson(String(error))}`);
  }
}

export function whyUnreadable(error: unknown): string {
  return errorCode(error) === 'ENOENT' ? 'there is no such file' : `it cannot be read: ${errorCode(error)}`;
}

/** What a runtime says of it quotes the file, which may hold secrets: the place alone is told, where it says one. */
function whyNoJson(said: string): string {
  const [place] = /position \d+(?: \(line \d+ column \d+\))?/.exec(said) ?? [];
  if (place) return `see ${place}`;
  return /\bend\b|EOF/i.test(said) ? 'it ends too early' : 'a part of it is not as JSON has it';
}
