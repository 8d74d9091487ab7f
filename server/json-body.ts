import type { Readable } from 'node:stream';
import type { z } from 'zod';
import { bodyFault } from './intake/body-fault.ts';
import { type Patience, readBody } from './intake/body-reader.ts';
import { parseJson } from './parse-json.ts';
import { Problem } from './problem.ts';

/** Far more than any request of ours has. */
const MOST_BYTES = 4096;

/**
 * What a request says in JSON; nothing at all is an empty object.
 * @param takes what each member takes, for the client
 * @throws {Problem} that names the first bad one
 */
export async function readJsonBody<T extends z.ZodType>(
  schema: T,
  body: Readable,
  patience: Patience,
  takes: Record<string, string>,
): Promise<z.output<T>> {
  const text = await textOf(body, patience);
  const parsed = schema.safeParse(text === '' ? {} : parseJson(text));
  if (parsed.success) return parsed.data;
  const name = String(parsed.error.issues[0]?.path[0] ?? '');
  throw bad(
    name in takes
      ? `The member "${name}" takes ${takes[name]}.`
      : `The body takes a JSON object with some of ${Object.keys(takes).join(', ')}.`,
  );
}

async function textOf(body: Readable, patience: Patience): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of readBody(body, patience)) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw bad(`The body takes at most ${MOST_BYTES} bytes.`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw bodyFault(error, patience);
  }
  return Buffer.concat(chunks).toString();
}

const bad = (detail: string) => new Problem('bad_parameter', detail);
